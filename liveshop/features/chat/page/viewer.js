/** The chat: its lines over the video, the whole of it, and a box to say something in. */

import { html, useId, useLayoutEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useLines } from "../../../pages/shared/lines.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";
import { useSlot } from "../../../pages/shared/slots.js";
import { sentence } from "../../../pages/shared/words.js";
import { Badge, replyOf } from "./marks.js";
import { onSaying, said, say } from "./saying.js";

const HOSTS = new Set(["host", "admin"]);
const LINES_DRAWN_MAX = 80;
const NEAR_END_PX = 48;
const CLOSED = new Set(["draft", "ended"]);

function Words({ line }) {
  const { viewer, text } = line;
  return html`
    ${replyOf(line)}
    <${Badge} viewer=${viewer} /><b><bdi>${viewer.name || viewer.id}</bdi></b>${" "}
    <bdi>${text}</bdi>`;
}

const Line = ({ item }) => html`<${Words} line=${item} />`;

/** The look of a line: of the hosts, of this viewer on its way, of anyone. */
function kind({ viewer, told }) {
  if (HOSTS.has(viewer.role)) return "by-host";
  return told === null ? "on-its-way" : "";
}

/** Stay at the end while the reader is there; else count what is new. */
function useEnd(lines) {
  const list = useRef(null);
  const seen = useRef(null); // the last line seen at the end
  const [away, setAway] = useState(false);
  const last = lines.at(-1)?.key ?? null;
  if (!away) seen.current = last;
  const toEnd = () => {
    list.current.scrollTop = list.current.scrollHeight;
    setAway(false);
  };
  useLayoutEffect(() => {
    if (!away) list.current.scrollTop = list.current.scrollHeight;
  }, [last, away]);
  const onScroll = () => {
    if (list.current === null) return; // a last event of a sheet that has gone
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    setAway(scrollHeight - scrollTop - clientHeight > NEAR_END_PX);
  };
  const fresh = away ? lines.length - 1 - lines.findLastIndex((l) => l.key === seen.current) : 0;
  return { list, fresh, toEnd, onScroll };
}

function ChatLines() {
  const pinned = useShopState(({ session }) => session.chat_pinned);
  const lines = useLines(LINES_DRAWN_MAX);
  const { list, fresh, toEnd, onScroll } = useEnd(lines);
  return html`
    <div class="chat">
      ${pinned.length > 0 && html`
        <ul class="chat-pinned" aria-label=${t("chat.pinned")}>
          ${pinned.map((line) => html`<li key=${line.id}><${Words} line=${line} /></li>`)}
        </ul>`}
      <ul class="chat-lines" ref=${list} onScroll=${onScroll} tabindex="0"
        aria-label=${t("chat.messages")}>
        ${lines}
      </ul>
      ${fresh > 0 && html`
        <button type="button" class="pill fresh" onClick=${toEnd}>
          ${t("chat.new", { n: fresh })}</button>`}
    </div>`;
}

/** Why a message was refused; it is kept in the box. */
function whyNotSaid(refusal, session) {
  const { code, retry_after_ms } = refusal;
  if (code === "offline") return t("chat.offline");
  if (code === "bad_request") return t("chat.unseen");
  if (code === "conflict") {
    return CLOSED.has(session.status) ? t("chat.closed") : t("chat.blocked");
  }
  if (code === "rate_limited") return t("chat.wait", { n: Math.ceil(retry_after_ms / 1000) });
  return sentence(refusal, { session });
}

/** The seconds that must lie between two messages of this viewer's; 0 outside of slow mode. */
function useSlowSeconds() {
  const slowMs = useShopState(({ session }) => session.chat_slow_ms ?? 0);
  const bound = useShopState(({ viewer }) => viewer?.role === "viewer");
  return bound ? Math.ceil(slowMs / 1000) : 0;
}

/** Say something: it is shown at once, and comes back into the box if it is refused. */
function useSaying() {
  const shop = useShop();
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const words = text.trim();
    if (words === "") return;
    setText("");
    setNote("");
    try {
      await say(shop, words);
    } catch (refusal) {
      setText((typed) => typed || words);
      setNote(whyNotSaid(refusal, shop.state.session));
    }
  };
  return { text, setText, note, submit };
}

/** The box in the place of one for those without a name: a tap asks for it. */
function NameFirst({ open }) {
  const shop = useShop();
  const [way] = useSlot("identity");
  if (!way) return html`<p class="say-instead">${t("chat.needs_link")}</p>`;
  return html`
    <button type="button" class="say-instead" onClick=${() => way.begin(shop, open)}>
      ${t("chat.ask_or_say")}</button>`;
}

function ChatForm({ open }) {
  const shop = useShop();
  const closed = useShopState(({ session }) => CLOSED.has(session.status));
  const viewer = useShopState((state) => state.viewer);
  const { text, setText, note, submit } = useSaying();
  const slowId = useId();
  const slowSeconds = useSlowSeconds();
  if (closed) return html`<p class="say-instead">${t("chat.closed")}</p>`;
  if (!shop.token) return html`<${NameFirst} open=${open} />`;
  if (viewer === null) {
    // Somebody with a new name is on the way in: a message of nobody's could not be drawn.
    return html`<p class="say-instead" aria-busy="true">${t("chat.ask_or_say")}</p>`;
  }
  const slow = note === "" ? slowSeconds : 0;
  const hint = slow > 0 ? t("chat.slow_short", { n: slow }) : t("chat.ask_or_say");
  return html`
    <form class="say" onSubmit=${submit}>
      <input aria-label=${t("chat.say")} maxlength="200" autocomplete="off"
        aria-describedby=${slow > 0 && slowId} enterkeyhint="send" value=${text}
        onInput=${(event) => setText(event.target.value)} placeholder=${hint} />
      <button class="primary" hidden=${text.trim() === ""} aria-label=${t("chat.send")}>
        <${Icon} name="send" /></button>
      <p role="status" class="say-note">${note}</p>
      ${slow > 0 && html`<span id=${slowId} class="unseen">${t("chat.slow", { n: slow })}</span>`}
    </form>`;
}

function ChatSheet({ open }) {
  return html`<div class="chat-sheet"><${ChatLines} /><${ChatForm} open=${open} /></div>`;
}

export const slots = {
  line: {
    select: said,
    subscribe: onSaying,
    selectTop: ({ session }) => session.chat_pinned,
    key: ({ id }) => id,
    kind,
    Line,
    sheet: "chat",
    openKey: "chat.open",
  },
  side: { key: "chat.title", Content: ChatLines },
  sheet: { name: "chat", key: "chat.title", Content: ChatSheet },
  bar: ChatForm,
};
