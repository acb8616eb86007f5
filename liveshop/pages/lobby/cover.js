/** The picture of a show: its cover, else a product's, else the brand's, else its first letter. */

import { useBrand } from "../shared/known_brand.js";
import { html } from "../shared/html.js";
import { sized } from "../shared/pictures.js";

const productPicture = ({ shelf }) => shelf.find(({ image }) => image !== null)?.image ?? null;

/** `width` is about how many pixels wide it is shown. */
export function Cover({ show, width }) {
  const brand = useBrand();
  const own = show.cover_url ?? productPicture(show) ?? brand?.cover ?? null;
  const [letter = ""] = show.title;
  return html`
    <span class="cover" aria-hidden="true">
      ${own === null ? html`<span class="letter">${letter}</span>`
        : html`<img src=${sized(own, width)} alt="" loading="lazy" />`}
    </span>`;
}
