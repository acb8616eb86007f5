/** The sheet about the show: whose it is, in which language one reads it, and who one is in it. */

import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { LanguageChoice } from "../shared/language.js";
import { useShopState } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";

export function About({ open, close }) {
  const title = useShopState(({ session }) => session.title);
  return html`
    <div class="about">
      <p class="about-title">${title}</p>
      <label class="field"><span aria-hidden="true">${t("language.choose")}</span>
        <${LanguageChoice} /></label>
      <${Slot} place="about" open=${open} close=${close} />
      <p><a href="/">${t("banner.all_shows")}</a></p>
    </div>`;
}
