/** A line of the console's chat: a message with what can be done about it, or a purchase. */

import { Action, useMay } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { t, timeOfDay } from "../../../pages/shared/i18n.js";
import { useShop, useShopState, useTicked } from "../../../pages/shared/shop.js";
import { BanActions } from "./bans.js";
import { Badge, isBelow, replyOf } from "./marks.js";

const MUTES = [
  { ms: 300_000, key: "chat.console.mute_5" },
  { ms: 3_600_000, key: "chat.console.mute_60" },
  { ms: null, key: "chat.console.mute_show" },
];
const PINS_MAX = 3;

export const nameOf = ({ id, name }) => name || id;

/** A purchase of just now, in green: money came in. */
export function Purchase({ line }) {
  const { name, bought, nth, at_ms } = line;
  return html`
    <p class="purchase"><span aria-hidden="true">✓ </span>
      <b><bdi>${name}</bdi></b> ${t("chat.console.bought", { what: bought })}
      ${nth > 1 && html`<span class="note"> · ${t("chat.console.nth_order", { n: nth })}</span>`}
      ${" "}<time class="note">${timeOfDay(at_ms)}</time></p>`;
}

/** `toStaff` is whether it stands out; `answer(message)` begins an answer to it. */
export function Line({ message, isPinned, toStaff, open, toggle, answer }) {
  const { viewer, text, at_ms } = message;
  const name = nameOf(viewer);
  const maySay = useMay("say");
  const kind = viewer.role ? "of-staff" : toStaff ? "to-staff" : "";
  return html`
    <div class=${`chat-line ${kind}`}>
      <p>${replyOf(message)}
        ${toStaff && html`<span class="unseen">${t("chat.console.to_you")} </span>`}
        <${Badge} viewer=${viewer} />
        <b class="who"><bdi>${name}</bdi></b><${MutedMark} id=${viewer.id} /> ${" "}
        <bdi>${text}</bdi> ${" "}
        <time class="note">${timeOfDay(at_ms)}</time></p>
      <button type="button" class="square quiet" aria-expanded=${open} onClick=${toggle}
        aria-label=${t("chat.console.actions_on", { name })}>⋯</button>
      ${(open || toStaff) && html`
        <span class="chat-actions">
          ${maySay && html`
            <button type="button" onClick=${() => answer(message)}
              aria-label=${t("chat.console.answer_to", { name })}>
              ${t("chat.console.answer")}</button>`}
          ${open && html`<${Actions} message=${message} isPinned=${isPinned} name=${name} />`}
        </span>`}
    </div>`;
}

function useMuted(id) {
  const shop = useShop();
  const until = useShopState((state) => state.muted[id]);
  return useTicked(() => until === null || until > shop.now());
}

function MutedMark({ id }) {
  return useMuted(id) && html`<span class="mark muted"> ${t("chat.console.muted")}</span>`;
}

function Actions({ message, isPinned, name }) {
  const desk = useDesk();
  const { id, viewer } = message;
  const me = useShopState((state) => state.viewer);
  const below = isBelow(viewer, me ?? {}); // null before the welcome
  const pins = useShopState((state) => state.session.chat_pinned.length);
  const full = !isPinned && pins >= PINS_MAX;
  const pinType = isPinned ? "chat.unpin" : "chat.pin";
  const pinLabel =
    isPinned ? t("chat.console.unpin_of", { name }) : t("chat.console.pin_of", { name });
  return html`
    <${Action} does=${`${pinType}:${id}`} label=${pinLabel}
      words=${isPinned ? t("console.unpin") : t("console.pin")}
      whyNot=${full ? t("chat.console.pins_full") : null}
      onAct=${() => desk.run({ type: pinType, id })} />
    <${Action} does=${`chat.delete:${id}`} words=${t("chat.console.delete")}
      label=${t("chat.console.delete_of", { name })}
      onAct=${() => desk.run({ type: "chat.delete", id })} />
    <${Mutes} viewer=${viewer} name=${name} isMine=${viewer.id === me?.id} below=${below} />
    ${below && html`<${BanActions} viewer=${viewer} name=${name} />`}`;
}

function Mutes({ viewer, name, isMine, below }) {
  const desk = useDesk();
  const muted = useMuted(viewer.id);
  const unmute = { type: "viewer.unmute", viewer_id: viewer.id };
  const mute = (ms) => () => desk.run(
    { type: "viewer.mute", viewer_id: viewer.id, ...(ms && { duration_ms: ms }) },
    { said: t("chat.console.muted_said", { name }), undo: unmute });
  if (muted) {
    return !isMine && html`
      <${Action} does=${`viewer.unmute:${viewer.id}`} words=${t("chat.console.unmute")}
        label=${t("chat.console.unmute_name", { name })} onAct=${() => desk.run(unmute)} />`;
  }
  return below && MUTES.map(({ ms, key }) => html`
    <${Action} key=${key} does=${`viewer.mute:${viewer.id}`} onAct=${mute(ms)}
      label=${t("chat.console.mute_name", { name, time: t(key) })}
      words=${t("chat.console.mute", { time: t(key) })} />`);
}
