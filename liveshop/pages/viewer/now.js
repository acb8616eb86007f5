/** The place of the card: what is on now, or else what comes, or what there still is afterwards. */

import { html, useRef } from "../shared/html.js";
import { money, t } from "../shared/i18n.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { Card, Thumbnail } from "./card.js";

const COMING_LIVE = 3;
const COMING_BEFORE = 6;
const THUMB_PX = 96;

/** The lowest price at which a product can be had now, a sale's among them. */
function Lowest({ product }) {
  const shop = useShop();
  const currency = useShopState(({ session }) => session.currency);
  const prices = () => product.variants.map((v) => shop.offer(v.sku)?.price ?? v.price);
  const price = useTicked(() => Math.min(...prices()));
  return html`<b>${money(price, currency)}</b>`;
}

/** Some products as pictures with their prices; a tap opens a product's sheet. */
function Strip({ title, products, open }) {
  return html`
    <section class="strip" aria-label=${title}>
      <h2>${title}</h2>
      <ul>${products.map((product) => html`
        <li key=${product.product_id}>
          <button type="button" onClick=${() => open(`product:${product.product_id}`)}>
            <${Thumbnail} product=${product} px=${THUMB_PX} />
            <span class="one-line">${product.title}</span>
            <${Lowest} product=${product} />
          </button>
        </li>`)}</ul>
    </section>`;
}

/** The products that can still be had after the show: they went back to the shop. */
function StillThere({ open }) {
  const shelf = useShopState(({ session }) => session.shelf);
  const left = shelf.filter((p) => p.variants.some((v) => v.left > 0)).slice(0, COMING_BEFORE);
  if (left.length === 0) return null;
  return html`<${Strip} title=${t("ended.still_there")} products=${left} open=${open} />`;
}

/** The newest pin, which is shown as a card; older pins are the first on the shelf. */
function Pinned({ product, open, mayRest }) {
  const leaving = useRef(null);
  return html`
    <section class="pinned" aria-label=${t("pinned.title")}>
      <h2 class="unseen">${t("pinned.title")}</h2>
      <div class="leaving" aria-hidden="true" ref=${leaving}></div>
      <${Card} key=${product.product_id} product=${product} open=${open} mayRest=${mayRest}
        leaving=${leaving} onMore=${() => open(`product:${product.product_id}`)} />
    </section>`;
}

export function Now({ open, mayRest }) {
  const status = useShopState(({ session }) => session.status);
  const pinned = useShopState(({ session }) => session.pinned);
  const shelf = useShopState(({ session }) => session.shelf);
  if (status === "ended") return html`<${StillThere} open=${open} />`;
  const product = pinned.map((id) => shelf.find((p) => p.product_id === id)).findLast(Boolean);
  const isOn = status === "live" || status === "paused";
  if (product && isOn) {
    return html`<${Pinned} product=${product} open=${open} mayRest=${mayRest} />`;
  }
  const coming = shelf.slice(0, isOn ? COMING_LIVE : COMING_BEFORE);
  if (coming.length === 0) return null;
  return html`<${Strip} title=${t("pinned.coming")} products=${coming} open=${open} />`;
}
