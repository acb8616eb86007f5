/** The choice of a language, in the languages' own names. */

import { LANGUAGES, currentLanguage, setLanguage, t } from "./i18n.js";
import { html } from "./html.js";

/** A select with its label for the eyes that need it; the page draws again once it is loaded. */
export function LanguageChoice() {
  const choose = (event) => setLanguage(event.target.value);
  return html`
    <select class="language" aria-label=${t("language.choose")} value=${currentLanguage()}
      onChange=${choose}>
      ${Object.entries(LANGUAGES).map(([code, name]) =>
        html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}
    </select>`;
}
