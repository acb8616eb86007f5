/** The chat of the console: messages and purchases, and what keeps it in order. */

import { Opener, useMay } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { HeldList } from "../../../pages/shared/held_list.js";
import { html, useState } from "../../../pages/shared/html.js";
import { clock, t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { Banned } from "./bans.js";
import { Line, Purchase } from "./line.js";
import { Say } from "./say.js";
import { isToStaff, useTalk } from "./talk.js";
import { WordsForm } from "./words_form.js";

const SLOW_MS = [0, 5_000, 10_000, 30_000, 60_000, 300_000];

function Chat() {
  const lines = useTalk();
  const pinned = useShopState((state) => state.session.chat_pinned);
  const me = useShopState((state) => state.viewer);
  const [open, setOpen] = useState(null); // the id of the message whose actions are shown
  const [answered, setAnswered] = useState(null);
  const line = (message, isPinned) => html`
    <${Line} message=${message} isPinned=${isPinned} open=${open === message.id}
      toStaff=${!isPinned && me !== null && isToStaff(message, lines, me)} answer=${setAnswered}
      toggle=${() => setOpen(open === message.id ? null : message.id)} />`;
  const row = (each) => (each.bought ? html`<${Purchase} line=${each} />`
    : line(each, pinned.some(({ id }) => id === each.id)));
  return html`
    <section class="chat panel part" data-part="chat" aria-label=${t("chat.console.title")}>
      <div class="row-head"><h2>${t("chat.console.title")}</h2><${Rules} /></div>
      ${pinned.length > 0 && html`
        <ul class="chat-pinned" aria-label=${t("chat.console.pinned")}>
          ${pinned.map((message) => html`<li key=${message.id}>${line(message, true)}</li>`)}
        </ul>`}
      <${Banned} />
      <${HeldList} items=${lines} idOf=${({ id }) => id} newest="last" row=${row}
        label=${t("chat.console.lines")} empty=${t("chat.console.empty")} />
      <${Say} answered=${answered} drop=${() => setAnswered(null)} />
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
