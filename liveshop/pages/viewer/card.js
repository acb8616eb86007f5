/** A product as a card: its name, its price, how many are left, and Buy. */

import { html, useId } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { labelOf } from "../shared/words.js";
import { Buy } from "./buy.js";
import { useChoice } from "./choice.js";
import { FEW, Price, SaleClock, leftWords } from "./price.js";

const INLINE_VARIANTS_MAX = 4;

export function Thumbnail({ image }) {
  if (!image) return null;
  return html`<img class="thumb" src=${image} alt="" width="72" height="72" loading="lazy" />`;
}

/** Everything that a card of this product shows now, of the variant that is chosen. */
export function useOffer(product) {
  const shop = useShop();
  const [{ sku }, choose] = useChoice(product);
  // A sale starts and ends by the clock too, without a message.
  useTicked(() => {
    const { price, was, left, sale } = shop.offer(sku) ?? {};
    return [price, was, left, sale?.starts_at_ms].join();
  });
  return [shop.offer(sku), choose];
}

/** The variants of a product as radio buttons; those that are gone can be chosen and say so. */
function Variants({ product, chosen, choose }) {
  const name = useId();
  return html`
    <fieldset class="variants">
      <legend class="unseen">${t("variants.choose", { title: product.title })}</legend>
      ${product.variants.map((v) => html`
        <label key=${v.sku} class=${v.left === 0 ? "variant gone" : "variant"}>
          <input type="radio" name=${name} value=${v.sku} checked=${v.sku === chosen.sku}
            onChange=${() => choose(v.sku)} />
          <span>${labelOf(v, product)}${v.left === 0
            && html`<span class="unseen">, ${t("left.none")}</span>`}</span>
        </label>`)}
    </fieldset>`;
}

/** `onMore` opens the sheet where there are more variants than a card has room for. */
export function Card({ product, onMore, whole = false }) {
  const currency = useShopState(({ session }) => session.currency);
  const [offer, choose] = useOffer(product);
  if (offer === null) return null; // just taken off the shelf
  const { variant, left, sale } = offer;
  const { title, variants } = product;
  const inline = whole || variants.length <= INLINE_VARIANTS_MAX;
  return html`
    <article class=${sale ? "card on-sale" : "card"} aria-label=${title}>
      <${Thumbnail} image=${product.image} />
      <div class="card-body">
        <h3 class="clamp">${title}</h3>
        <div class="card-line">
          <${Price} offer=${offer} currency=${currency} />
          <p class=${left <= FEW ? "left few" : "left"}>${leftWords(left)}</p>
        </div>
        <${SaleClock} variant=${variant} productId=${product.product_id} />
      </div>
      ${variants.length > 1 && (inline
        ? html`<${Variants} product=${product} chosen=${variant} choose=${choose} />`
        : html`<button type="button" class="more-variants" onClick=${onMore}>
            ${labelOf(variant, product)} <${Icon} name="down" />
            <span class="unseen">, ${t("variants.choose", { title })}</span></button>`)}
      <${Buy} offer=${offer} />
    </article>`;
}
