/** The buttons of commands; where the server would always refuse the command, there is none. */

import { useDesk, useDeskState } from "./desk.js";
import { html } from "./html.js";
import { useShopState } from "./shop.js";

const typeOf = (does) => does.split(":", 1)[0];

/** Whether a command may be carried out now by whoever works at the desk; draws when that turns. */
export function useMay(type) {
  const desk = useDesk();
  useDeskState((state) => state.expired);
  return useShopState(() => desk.may(type));
}

/**
 * The key that does what a button does: drawn on it by its style, so that it is no part of what the
 * button is called, and heard by an attribute of the button.
 */
export function Key({ shown }) {
  return shown && html` <kbd aria-hidden="true" data-key=${shown}></kbd>`;
}

/**
 * A button that shows that what it asked for is under way, and rests while the line is down.
 * `does` is the key of the attempt: a command's type, and what it is about behind a colon;
 * `whyNot` why it cannot be done just now, or null; `shown` the key that does the same.
 * At rest it keeps the focus: one who works by keyboard stays where they are.
 */
export function Action({
  does, words, label, onAct, primary = false, kind = "", pressed, whyNot = null, shown = null,
}) {
  const type = typeOf(does);
  const may = useMay(type);
  const key = does.includes(":") ? does : `${does}:`;
  const busy = useDeskState((state) => state.busy.has(key));
  const open = useShopState((state) => state.line === "open");
  if (!may) return null;
  const rests = busy || !open || whyNot !== null;
  return html`
    <button type="button" data-does=${type} class=${`${primary ? "primary" : ""} ${kind}`}
      title=${whyNot ?? undefined} aria-label=${label}
      aria-busy=${busy} aria-pressed=${pressed} aria-disabled=${rests}
      aria-keyshortcuts=${shown ?? undefined}
      onClick=${(event) => rests || onAct(event)}>${words}<${Key} shown=${shown} /></button>`;
}

/** A button that opens a form for a command; `dialog` is its kind, `fields` what it is about. */
export function Opener({
  does, words, label, dialog, fields, kind = "", whyNot = null, shown = null,
}) {
  const desk = useDesk();
  const may = useMay(does);
  if (!may) return null;
  return html`
    <button type="button" data-does=${does} class=${kind} aria-label=${label}
      title=${whyNot ?? undefined} aria-disabled=${whyNot !== null}
      aria-keyshortcuts=${shown ?? undefined}
      onClick=${() => whyNot === null && desk.open(dialog, fields)}>
      ${words}<${Key} shown=${shown} /></button>`;
}
