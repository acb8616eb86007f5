/** A product as a card: what it is, what it costs, how many are left, and Buy. */

import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState } from "../shared/shop.js";
import { Buy } from "./buy.js";
import { useChoice } from "./choice.js";
import { FEW, Price, SaleClock, leftWords } from "./price.js";
import { Variants } from "./variants.js";

export const INLINE_VARIANTS_MAX = 4;

export function Thumbnail({ image }) {
  if (!image) return null;
  return html`<img class="thumb" src=${image} alt="" width="72" height="72" loading="lazy" />`;
}

/** Everything that a card of this product shows now, of the variant that is chosen. */
export function useOffer(product) {
  const shop = useShop();
  useShopState(({ session }) => session.sales);
  const [variant, choose] = useChoice(product);
  return [shop.offer(variant.sku), choose];
}

/** `onMore` opens the sheet where there are more variants than a card has room for. */
export function Card({ product, onMore, whole = false }) {
  const session = useShopState((state) => state.session);
  const [offer, choose] = useOffer(product);
  const { variant, left, sale } = offer;
  const { title, variants } = product;
  const inline = whole || variants.length <= INLINE_VARIANTS_MAX;
  return html`
    <article class=${sale ? "card on-sale" : "card"} aria-label=${title}>
      <${Thumbnail} image=${product.image} />
      <div class="card-body">
        <h3 class="clamp">${title}</h3>
        <div class="card-line">
          <${Price} offer=${offer} currency=${session.currency} />
          <p class=${left <= FEW ? "left few" : "left"}>${leftWords(left)}</p>
        </div>
        <${SaleClock} session=${session} product=${product} sku=${variant.sku} />
      </div>
      ${variants.length > 1 && (inline
        ? html`<${Variants} product=${product} chosen=${variant} choose=${choose} />`
        : html`<button type="button" class="more-variants" onClick=${onMore}>
            ${variant.label || variant.sku} <${Icon} name="down" />
            <span class="unseen">, ${t("variants.choose", { title })}</span></button>`)}
      <${Buy} offer=${offer} />
    </article>`;
}
