/** All products of the show, what is pinned first; a tap opens the product's sheet. */

import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { Thumbnail, useOffer } from "./card.js";
import { FEW, Price, leftWords } from "./price.js";

function Row({ product, isPinned, onOpen }) {
  const currency = useShopState(({ session }) => session.currency);
  const [offer] = useOffer(product);
  if (offer === null) return null;
  const left = product.variants.reduce((sum, v) => sum + v.left, 0);
  return html`
    <li>
      <button type="button" class="shelf-row" onClick=${onOpen}>
        <${Thumbnail} image=${product.image} />
        <span class="shelf-words">
          <span class="clamp shelf-title">${product.title}</span>
          <span class="card-line">
            <${Price} offer=${offer} currency=${currency} />
            ${left <= FEW && html`<span class="left few">${leftWords(left)}</span>`}
          </span>
        </span>
        ${isPinned && html`<span class="pill mark">${t("shelf.pinned")}</span>`}
      </button>
    </li>`;
}

export function Shelf({ open }) {
  const shelf = useShopState(({ session }) => session.shelf);
  const pinned = useShopState(({ session }) => session.pinned);
  if (shelf.length === 0) return html`<p class="note">${t("shelf.empty")}</p>`;
  const rank = (product) => pinned.indexOf(product.product_id); // the newest pin is the last
  const isPinned = (product) => rank(product) >= 0;
  const ordered = shelf.toSorted((a, b) => rank(b) - rank(a));
  return html`
    <ul class="shelf">
      ${ordered.map((product) => html`
        <${Row} key=${product.product_id} product=${product} isPinned=${isPinned(product)}
          onOpen=${() => open(`product:${product.product_id}`)} />`)}
    </ul>`;
}
