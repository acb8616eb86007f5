/** The top of a viewer's page and its card, as a brand makes them look in one theme. */

import { html } from "../../../pages/shared/html.js";
import { money, number, t } from "../../../pages/shared/i18n.js";
import { sized } from "../../../pages/shared/pictures.js";

const PICTURE_PX = 320;

/** `colours` are those of the theme, undefined until they are known. */
export function Preview({ theme, brand, colours }) {
  const name = brand.name ?? t("page.title");
  const style = colours && {
    "--accent": colours.brand,
    "--on-accent": colours.on_brand,
    "--accent-soft": colours.brand_soft,
    fontFamily: brand.font ?? "",
  };
  return html`
    <figure class="preview ${theme}">
      <div class="preview-page" style=${style} aria-hidden="true">
        <div class="preview-video">
          ${brand.cover && html`<img src=${sized(brand.cover, PICTURE_PX)} alt="" />`}
          <p class="preview-top">
            ${brand.logo ? html`<img src=${sized(brand.logo, PICTURE_PX)} alt="" />`
              : html`<b class="preview-letter">${[...name][0]}</b>`}
            <b class="preview-name">${name}</b>
            <span class="tag live">${t("status.live")}</span>
          </p>
        </div>
        <div class="preview-card">
          <p>${t("brand.sample_title")}</p>
          <p class="preview-price">${money(1790, "EUR")}</p>
          <p class="preview-variants"><span>M</span><span>L</span></p>
          <p class="preview-buy">${t("brand.sample_buy")}</p>
        </div>
      </div>
      <figcaption class="note">
        <b>${t(`brand.theme.${theme}`)}</b>${" "}
        ${colours && t("brand.contrast", {
          text: number(colours.text_contrast), page: number(colours.page_contrast),
        })}${" "}
        ${colours && isMoved(brand.colour, colours) && t("brand.moved", { colour: colours.brand })}
      </figcaption>
    </figure>`;
}

/** Whether the server moved the colour that was chosen, so that it can be seen and read on. */
function isMoved(colour, { brand }) {
  return colour !== null && colour.toLowerCase() !== brand;
}
