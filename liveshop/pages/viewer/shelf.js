/** All products of the show, what is pinned first; a tap opens the product's sheet. */

import { availabilityWords, isFew, productAvailability } from "../shared/availability.js";
import { rangeOf } from "../shared/axes.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop, useShopState } from "../shared/shop.js";
import { Thumbnail, useOffer } from "./card.js";
import { Price } from "./price.js";

function Row({ product, isPinned, onOpen }) {
  const shop = useShop();
  const currency = useShopState(({ session }) => session.currency);
  useShopState(({ session }) => session.status);
  const [offer] = useOffer(product);
  if (offer === null) return null;
  const purchases = shop.state.mine.purchases;
  const said = productAvailability(shop.state.session, product, shop.now(), purchases);
  const range = rangeOf(product.variants);
  return html`
    <li>
      <button type="button" class="shelf-row" onClick=${onOpen}>
        <${Thumbnail} product=${product} />
        <span class="shelf-words">
          <span class="clamp shelf-title">${product.title}</span>
          <${Price} offer=${offer} currency=${currency} />
          <span class="card-meta">
            ${range && html`<bdi class="one-line">${range}</bdi><span aria-hidden="true">·</span>`}
            <span class=${isFew(said) ? "left few" : "left"}>${
              availabilityWords(said)}</span></span>
        </span>
        ${isPinned && html`<span class="tag mark">${t("shelf.pinned")}</span>`}
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
