/** The chat: a glance at the last lines over the video, the whole of it, and a box to say so. */

import { html, useId, useLayoutEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";
import { sentence } from "../../../pages/shared/words.js";
import { Badge, replyOf } from "./marks.js";

const GLANCE_LINES = 4;
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

const rows = new WeakMap(); // line → its element, described once, since a line never changes

function rowOf(line) {
  if (!rows.has(line)) rows.set(line, html`<li key=${line.id}><${Words} line=${line} /></li>`);
  return rows.get(line);
}

/** The last lines over the video, which fade upwards; a tap opens all of them. */
function ChatGlance({ open }) {
  const chat = useShopState(({ session }) => session.chat);
  const pinned = useShopState(({ session }) => session.chat_pinned);
  const lines = [...pinned.slice(-1), ...chat.slice(-GLANCE_LINES)];
  return html`
    <div class="glance">
      ${lines.map((line, place) => html`
        <p key=${`${place < lines.length - chat.length}${line.id}`}
          class="glance-line"><${Words} line=${line} /></p>`)}
      <button type="button" class="glance-open" onClick=${() => open("chat")}
        aria-label=${t("chat.open")}></button>
    </div>`;
}

/** Stay at the end while the reader is there; else count what is new. */
function useEnd(chat) {
  const list = useRef(null);
  const seen = useRef(null); // the last line seen at the end
  const [away, setAway] = useState(false);
  const last = chat.at(-1)?.id ?? null;
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
  const fresh = away ? chat.length - 1 - chat.findLastIndex((l) => l.id === seen.current) : 0;
  return { list, fresh, toEnd, onScroll };
}

function ChatLines() {
  const chat = useShopState(({ session }) => session.chat);
  const pinned = useShopState(({ session }) => session.chat_pinned);
  const { list, fresh, toEnd, onScroll } = useEnd(chat);
  return html`
    <div class="chat">
      ${pinned.length > 0 && html`
        <ul class="chat-pinned" aria-label=${t("chat.pinned")}>
          ${pinned.map((line) => html`<li key=${line.id}><${Words} line=${line} /></li>`)}
        </ul>`}
      <ul class="chat-lines" ref=${list} onScroll=${onScroll} tabindex="0"
        aria-label=${t("chat.messages")}>
        ${chat.slice(-LINES_DRAWN_MAX).map(rowOf)}
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

function ChatForm() {
  const shop = useShop();
  const closed = useShopState(({ session }) => CLOSED.has(session.status));
  const viewer = useShopState((state) => state.viewer);
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const slowId = useId();
  const slowSeconds = useSlowSeconds();
  const mayNot = closed || !shop.token;
  const name = viewer?.name || viewer?.id || "";
  const slow = closed || note !== "" ? 0 : slowSeconds;
  const hint = closed ? t("chat.closed") : t("chat.needs_link");
  const say = async (event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    try {
      await shop.say(text.trim());
      setText("");
      setNote("");
    } catch (refusal) {
      setNote(whyNotSaid(refusal, shop.state.session));
    }
  };
  return html`
    <form class="say" onSubmit=${say}>
      <input aria-label=${t("chat.say")} maxlength="200" autocomplete="off" disabled=${mayNot}
        aria-describedby=${slow > 0 && slowId}
        enterkeyhint="send" value=${text} onInput=${(event) => setText(event.target.value)}
        placeholder=${mayNot ? hint : t("chat.say_as", { name })} />
      <button class="primary" hidden=${text.trim() === ""} aria-label=${t("chat.send")}>
        <${Icon} name="send" /></button>
      <p role="status" class="note">${note}</p>
      ${slow > 0 && html`
        <p class="note"><span aria-hidden="true">${t("chat.slow_short", { n: slow })}</span>
          <span id=${slowId} class="unseen">${t("chat.slow", { n: slow })}</span></p>`}
    </form>`;
}

function ChatSheet() {
  return html`<div class="chat-sheet"><${ChatLines} /><${ChatForm} /></div>`;
}

export const slots = {
  glance: ChatGlance,
  side: { key: "chat.title", Content: ChatLines },
  sheet: { name: "chat", key: "chat.title", Content: ChatSheet },
  bar: ChatForm,
};
