/** A button that shows that what it asked for is under way, and rests while the line is down. */

import { useDeskState } from "./desk.js";
import { html } from "./html.js";
import { useShopState } from "./shop.js";

/** `does` is the key of the attempt: a command's type, and what it is about behind a colon. */
export function Action({ does, words, label, onAct, primary = false, kind = "", pressed }) {
  const key = does.includes(":") ? does : `${does}:`;
  const busy = useDeskState((state) => state.busy === key);
  const open = useShopState((state) => state.line === "open");
  return html`
    <button type="button" class=${`${primary ? "primary" : ""} ${kind}`} aria-label=${label}
      aria-busy=${busy} aria-pressed=${pressed} disabled=${busy || !open} onClick=${onAct}>
      ${words}</button>`;
}
