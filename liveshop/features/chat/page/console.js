/** The chat, and what keeps it in order: delete, mute for a time, pin, slow mode, blocked words. */

import { Action, Opener, useMay } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { HeldList } from "../../../pages/shared/held_list.js";
import { html, useState } from "../../../pages/shared/html.js";
import { clock, t, timeOfDay } from "../../../pages/shared/i18n.js";
import { useShop, useShopState, useTick } from "../../../pages/shared/shop.js";
import { BanActions, Banned } from "./bans.js";
import { Badge, isBelow, replyOf } from "./marks.js";
import { WordsForm } from "./words_form.js";

const SLOW_MS = [0, 5_000, 10_000, 30_000, 60_000, 300_000];
const MUTES = [
  { ms: 300_000, key: "chat.console.mute_5" },
  { ms: 3_600_000, key: "chat.console.mute_60" },
  { ms: null, key: "chat.console.mute_show" },
];
const TEXT_MAX = 200;
const PINS_MAX = 3;

const nameOf = ({ id, name }) => name || id;

function Chat() {
  const lines = useShopState((state) => state.session.chat);
  const pinned = useShopState((state) => state.session.chat_pinned);
  const [open, setOpen] = useState(null); // the id of the message whose actions are shown
  const line = (message, isPinned) => html`
    <${Line} message=${message} isPinned=${isPinned} open=${open === message.id}
      toggle=${() => setOpen(open === message.id ? null : message.id)} />`;
  return html`
    <section class="chat panel part" data-part="chat" aria-label=${t("chat.console.title")}>
      <div class="row-head"><h2>${t("chat.console.title")}</h2><${Rules} /></div>
      ${pinned.length > 0 && html`
        <ul class="chat-pinned" aria-label=${t("chat.console.pinned")}>
          ${pinned.map((message) => html`<li key=${message.id}>${line(message, true)}</li>`)}
        </ul>`}
      <${Banned} />
      <${HeldList} items=${lines} idOf=${(message) => message.id} newest="last"
        label=${t("chat.console.lines")} empty=${t("chat.console.empty")}
        row=${(message) => line(message, pinned.some((p) => p.id === message.id))} />
      <${Say} />
    </section>`;
}

function Rules() {
  const desk = useDesk();
  const slowMs = useShopState((state) => state.session.chat_slow_ms ?? 0);
  const maySlow = useMay("chat.slow");
  const slow = (event) => desk.run({ type: "chat.slow", interval_ms: Number(event.target.value) });
  return html`
    <span class="rules">
      ${maySlow && html`<label class="inline">${t("chat.console.slow")}
        <select data-does="chat.slow" value=${String(slowMs)} onChange=${slow}>
          ${SLOW_MS.map((ms) => html`<option key=${ms} value=${String(ms)}>
            ${ms === 0 ? t("chat.console.slow_off") : clock(ms / 1000)}</option>`)}
        </select></label>`}
      <${Opener} does="chat.block" kind="quiet" dialog="words" words=${t("chat.console.words")} />
    </span>`;
}

function Line({ message, isPinned, open, toggle }) {
  const { viewer, text, at_ms } = message;
  const name = nameOf(viewer);
  return html`
    <div class="chat-line">
      <p>${replyOf(message)}<${Badge} viewer=${viewer} />
        <b class="who"><bdi>${name}</bdi></b><${MutedMark} id=${viewer.id} /> ${" "}
        <bdi>${text}</bdi> ${" "}
        <time class="note">${timeOfDay(at_ms)}</time></p>
      <button type="button" class="square quiet" aria-expanded=${open} onClick=${toggle}
        aria-label=${t("chat.console.actions_on", { name })}>⋯</button>
      ${open && html`<${Actions} message=${message} isPinned=${isPinned} name=${name} />`}
    </div>`;
}

function useMuted(id) {
  const shop = useShop();
  const until = useShopState((state) => state.muted[id]);
  return until === null || until > shop.now();
}

function MutedMark({ id }) {
  useTick();
  return useMuted(id) && html`<span class="mark muted"> ${t("chat.console.muted")}</span>`;
}

function Actions({ message, isPinned, name }) {
  const desk = useDesk();
  const { id, viewer } = message;
  const muted = useMuted(viewer.id);
  const me = useShopState((state) => state.viewer);
  const below = isBelow(viewer, me ?? {}); // null before the welcome
  const pins = useShopState((state) => state.session.chat_pinned.length);
  const full = !isPinned && pins >= PINS_MAX;
  const mine = viewer.id === me?.id;
  const mute = (ms) => () => desk.run(
    { type: "viewer.mute", viewer_id: viewer.id, ...(ms && { duration_ms: ms }) },
    { said: t("chat.console.muted_said", { name }),
      undo: { type: "viewer.unmute", viewer_id: viewer.id } });
  const pinType = isPinned ? "chat.unpin" : "chat.pin";
  const pinLabel =
    isPinned ? t("chat.console.unpin_of", { name }) : t("chat.console.pin_of", { name });
  return html`
    <span class="chat-actions">
      <${Action} does=${`${pinType}:${id}`} label=${pinLabel}
        words=${isPinned ? t("console.unpin") : t("console.pin")}
        whyNot=${full ? t("chat.console.pins_full") : null}
        onAct=${() => desk.run({ type: pinType, id })} />
      <${Action} does=${`chat.delete:${id}`} words=${t("chat.console.delete")}
        label=${t("chat.console.delete_of", { name })}
        onAct=${() => desk.run({ type: "chat.delete", id })} />
      ${muted
        ? !mine && html`
          <${Action} does=${`viewer.unmute:${viewer.id}`} words=${t("chat.console.unmute")}
            label=${t("chat.console.unmute_name", { name })}
            onAct=${() => desk.run({ type: "viewer.unmute", viewer_id: viewer.id })} />`
        : below && MUTES.map(({ ms, key }) => html`
            <${Action} key=${key} does=${`viewer.mute:${viewer.id}`} onAct=${mute(ms)}
              label=${t("chat.console.mute_name", { name, time: t(key) })}
              words=${t("chat.console.mute", { time: t(key) })} />`)}
      ${below && html`<${BanActions} viewer=${viewer} name=${name} />`}
    </span>`;
}

function Say() {
  const desk = useDesk();
  const [text, setText] = useState("");
  const maySay = useMay("say");
  if (!maySay) return null;
  const send = async (event) => {
    event.preventDefault();
    const said = text.trim();
    if (said && await desk.run({ type: "say", text: said })) setText("");
  };
  return html`
    <form class="say" data-does="say" onSubmit=${send}>
      <input aria-label=${t("chat.console.say")} placeholder=${t("chat.console.say")}
        maxlength=${TEXT_MAX} value=${text} autocomplete="off"
        onInput=${(event) => setText(event.target.value)} />
      <button>${t("chat.console.send")}</button>
    </form>`;
}

/** Orders name those who have written. */
function hear(desk, message) {
  const lines = message.type === "chat" ? message.messages : message.chat;
  if (lines?.length) desk.learnNames(lines.map(({ viewer }) => viewer));
}

export const slots = {
  column: { part: "chat", key: "chat.console.tab", Content: Chat },
  dialog: { kind: "words", Content: WordsForm },
  hear,
};
