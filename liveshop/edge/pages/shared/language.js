/** The choice of a language, in the languages' own names. */

import { LANGUAGES, currentLanguage, setLanguage, t } from "./i18n.js";
import { Icon } from "./icon.js";
import { html } from "./html.js";

/** Shows the code alone, and the names once it is opened. */
export function LanguageChoice() {
  const choose = (event) => setLanguage(event.target.value);
  return html`
    <span class="language">
      <span aria-hidden="true">${currentLanguage().toUpperCase()}</span><${Icon} name="down" />
      <select aria-label=${t("language.choose")} value=${currentLanguage()} onChange=${choose}>
      ${Object.entries(LANGUAGES).map(([code, name]) =>
        html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}
      </select></span>`;
}
