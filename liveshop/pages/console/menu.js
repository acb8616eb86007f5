/** The menu at the top: what is needed seldom, and on a phone all buttons of the header. */

import { useMay } from "../shared/action.js";
import { useDesk } from "../shared/desk.js";
import { html, useRef } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { LanguageChoice } from "../shared/language.js";
import { Slot } from "../shared/slots.js";
import { SoundChoice } from "./sound.js";
import { ThemeChoice } from "./theme.js";

/** `children` are the buttons that have no room in a narrow header. */
export function Menu({ children }) {
  const desk = useDesk();
  const may = useMay("session.update");
  const sheet = useRef(null);
  // A sheet that a button of the menu opens would lie below the menu.
  const close = ({ target }) => target.closest("button") && sheet.current.hidePopover();
  return html`
    <button type="button" class="quiet square" popovertarget="menu"
      aria-label=${t("console.menu")}>⋯</button>
    <div ref=${sheet} id="menu" class="menu" popover="auto" onClick=${close}>
      <span class="narrow-only">${children}</span>
      <button type="button" class="quiet" onClick=${() => desk.open("share")}>
        ${t("console.share")}</button>
      ${may && html`<button type="button" class="quiet" data-does="session.update"
        onClick=${() => desk.open("edit")}>${t("console.edit_show")}</button>`}
      <${Slot} place="menu" />
      <button type="button" class="quiet" onClick=${() => desk.open("help")}>
        ${t("console.help.title")}</button>
      <${SoundChoice} />
      <${ThemeChoice} />
      <${LanguageChoice} />
    </div>`;
}
