/** One glance: on air or not, how many watch, what it is called. */

import { html } from "../shared/html.js";
import { currentLanguage, short, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { LanguageChoice } from "../shared/language.js";
import { useShopState } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { statusWord } from "../shared/words.js";

function Viewers() {
  const viewers = useShopState(({ session }) => session.viewers);
  return html`
    <span class="pill glass" aria-label=${t("viewers.watching", { n: viewers })} role="img">
      <${Icon} name="eye" /><span aria-hidden="true">${short(viewers)}</span></span>`;
}

/** Only the code of the language; the choice lies over it, unseen, and opens with the names. */
function LanguagePill() {
  return html`
    <span class="language-pill">
      <span aria-hidden="true">${currentLanguage().toUpperCase()}</span><${Icon} name="down" />
      <${LanguageChoice} />
    </span>`;
}

/** `children` stand before the choice of language. */
export function TopBar({ children }) {
  const status = useShopState(({ session }) => session.status);
  const title = useShopState(({ session }) => session.title);
  return html`
    <header class="top-bar">
      <span class="pill status ${status}">${statusWord(status)}</span>
      <${Viewers} />
      <${Slot} place="top" />
      <h1 class="clamp">${title}</h1>
      <span class="top-end">${children}<${LanguagePill} /></span>
    </header>`;
}
