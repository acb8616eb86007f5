/** One product in a sheet: its pictures, its price, all its variants, how many, and what it is. */

import { untilDone } from "../shared/again.js";
import { askJson } from "../shared/api.js";
import { html, useEffect, useId, useState } from "../shared/html.js";
import { axesOf, valuesOf, variantAt } from "../shared/axes.js";
import { t } from "../shared/i18n.js";
import { Sheet } from "../shared/sheet.js";
import { useShop, useShopState } from "../shared/shop.js";
import { Buy, Said } from "./buy.js";
import { Meta, Variants, WhyNone, useOffer } from "./card.js";
import { Gallery } from "./gallery.js";
import { useWish } from "./identity.js";
import { Price, SaleBand } from "./price.js";

const QUANTITY_MAX = 100;

const NOT_READ = { description: "", more_images: [] };

/** Return what only the catalogue has of a product, as it is until it is read. */
function useRecord(productId) {
  const shop = useShop();
  const [record, setRecord] = useState(NOT_READ);
  useEffect(() => untilDone(async () => {
    const path = `/api/products/${encodeURIComponent(productId)}`;
    setRecord({ ...NOT_READ, ...await askJson("GET", path, { token: shop.token }) });
  }), [productId]);
  return record;
}

/** One axis of the variants as radio buttons; a value that is gone with the other one is struck. */
function Axis({ values, chosen, variantOf, choose, product }) {
  const { title } = product;
  const name = useId();
  return html`
    <fieldset class="variants">
      <legend class="unseen">${t("variants.choose", { title })}</legend>
      ${values.map((value) => {
        const variant = variantOf(value);
        const gone = variant === null || variant.left === 0;
        return html`
          <label key=${value} class=${gone ? "variant gone" : "variant"}>
            <input type="radio" name=${name} value=${value} checked=${value === chosen}
              disabled=${variant === null} onChange=${() => choose(variant.sku)} />
            <span>${value}${variant === null
              ? html`<span class="unseen">, ${t("variants.none")}</span>`
              : gone && html`<${WhyNone} product=${product} variant=${variant} />`}</span>
          </label>`;
      })}
    </fieldset>`;
}

/** The choice of a variant: two rows where variants differ in two things, else one. */
function Choices({ product, variant, choose }) {
  const { variants } = product;
  const axes = axesOf(variants);
  if (variants.length < 2) return null;
  if (axes === null) {
    return html`<${Variants} product=${product} chosen=${variant} choose=${choose} />`;
  }
  const chosen = valuesOf(variant);
  const other = (axis, value) => (axis === 0 ? [value, chosen[1]] : [chosen[0], value]);
  // A colour that has no such size is shown in the first size that it has.
  const inFirst = (value) => variants.find((v) => valuesOf(v)[0] === value) ?? null;
  return axes.map((values, axis) => html`
    <${Axis} key=${axis} values=${values} chosen=${chosen[axis]} product=${product}
      choose=${choose}
      variantOf=${(value) => variantAt(variants, other(axis, value))
        ?? (axis === 0 ? inFirst(value) : null)} />`);
}

/** How many are bought at once. */
function Quantity({ quantity, max, setQuantity }) {
  const step = (by) => () => setQuantity(Math.min(Math.max(quantity + by, 1), max));
  return html`
    <div class="quantity" role="group" aria-label=${t("product.quantity")}>
      <button type="button" aria-label=${t("product.fewer")} aria-disabled=${quantity <= 1}
        onClick=${step(-1)}>−</button>
      <output class="number">${quantity}</output>
      <button type="button" aria-label=${t("product.more")} aria-disabled=${quantity >= max}
        onClick=${step(1)}>+</button>
    </div>`;
}

function Whole({ product, open }) {
  const currency = useShopState(({ session }) => session.currency);
  const [offer, choose] = useOffer(product);
  const [quantity, setQuantity] = useState(1);
  const { description, more_images } = useRecord(product.product_id);
  const mayWish = useWish(open) !== null;
  if (offer === null) return null; // just taken off the shelf
  const { variant, left, sale } = offer;
  const images = [...new Set([product.image, ...more_images])].filter(Boolean);
  const limit = sale?.limit ?? variant.limit ?? QUANTITY_MAX;
  const max = Math.max(1, Math.min(limit, left, QUANTITY_MAX));
  const many = Math.min(quantity, max);
  return html`
    <article class=${sale ? "product on-sale" : "product"} aria-label=${product.title}>
      ${images.length > 0 && html`<${Gallery} images=${images} title=${product.title} />`}
      <div class="product-words">
        <${SaleBand} variant=${variant} productId=${product.product_id} />
        <${Price} offer=${offer} currency=${currency} />
        <${Meta} offer=${offer} isResting=${false} />
        <${Choices} product=${product} variant=${variant} choose=${choose} />
        <${Quantity} quantity=${many} max=${max} setQuantity=${setQuantity} />
        ${description && html`<p class="description">${description}</p>`}
      </div>
      <div class="sheet-foot">
        <${Said} product=${product} mayWish=${mayWish} />
        <${Buy} offer=${offer} open=${open} quantity=${many} />
      </div>
    </article>`;
}

export function ProductSheet({ productId, open, onClose }) {
  const shop = useShop();
  useEffect(() => shop.look(productId), [productId]);
  const product = useShopState(({ session }) =>
    session.shelf.find((p) => p.product_id === productId) ?? null);
  return html`
    <${Sheet} title=${product?.title ?? t("shelf.title")} onClose=${onClose}>
      ${product ? html`<${Whole} product=${product} open=${open} />`
        : html`<p>${t("refusal.not_found")}</p>`}
    <//>`;
}
