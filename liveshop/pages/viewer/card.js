/**
 * A product as a card of fixed parts: its name, its price, what is left, its variants, and Buy. Its
 * height changes only with its product, so that nothing jumps under a finger. On a phone it rests,
 * a single row, while nobody touches it and no sale runs.
 */

import {
  availabilityWords, isFew, productAvailability, variantAvailability,
} from "../shared/availability.js";
import { rangeOf } from "../shared/axes.js";
import { html, useEffect, useId, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { sized } from "../shared/pictures.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { labelOf } from "../shared/words.js";
import { Buy, Said, useAvailability, usePurchase } from "./buy.js";
import { useChoice } from "./choice.js";
import { useWish } from "./identity.js";
import { useLeaving } from "./motion.js";
import { Price, SaleBand } from "./price.js";

const INLINE_VARIANTS_MAX = 4;
const TOUCHED_MS = 6_000;
const SWIPE_PX = 48;
const UNDER_WAY = new Set(["sending", "paying"]);

/** The number of a product, by which hosts speak of it; products of older logs have none. */
function NumberTag({ number }) {
  return number !== undefined && html`
    <span class="tag number-tag"><span class="unseen">${t("product.number")} </span
      >${number}</span>`;
}

/** A product's picture with its number; without a picture there is no place for one. */
export function Thumbnail({ product, px = 64 }) {
  const { image, number } = product;
  if (!image) return null;
  return html`
    <span class="thumb-box">
      <img class="thumb" src=${sized(image, 320)} alt="" width=${px} height=${px} loading="lazy" />
      <${NumberTag} number=${number} />
    </span>`;
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

/** A variant of which there is nothing left says why, as wherever it stands. */
export function WhyNone({ product, variant }) {
  const shop = useShop();
  const said = variantAvailability(shop.state.session, product, variant, shop.now());
  return html`<span class="unseen">, ${availabilityWords(said)}</span>`;
}

/** The variants of a product as radio buttons; those that are gone can be chosen and say so. */
export function Variants({ product, chosen, choose }) {
  const name = useId();
  return html`
    <fieldset class="variants">
      <legend class="unseen">${t("variants.choose", { title: product.title })}</legend>
      ${product.variants.map((v) => html`
        <label key=${v.sku} class=${v.left === 0 ? "variant gone" : "variant"}>
          <input type="radio" name=${name} value=${v.sku} checked=${v.sku === chosen.sku}
            onChange=${() => choose(v.sku)} />
          <span>${labelOf(v, product)}${v.left === 0
            && html`<${WhyNone} product=${product} variant=${v} />`}</span>
        </label>`)}
    </fieldset>`;
}

/** The line of what is left of the chosen variant; at rest of all, and which there are. */
export function Meta({ offer, isResting }) {
  const shop = useShop();
  const { product, variant } = offer;
  const ofVariant = useAvailability(offer);
  const ofAll = productAvailability(shop.state.session, product, shop.now());
  const said = isResting ? ofAll : ofVariant;
  const several = product.variants.length > 1;
  const what = isResting ? rangeOf(product.variants) : several ? labelOf(variant, product) : "";
  return html`
    <p class="card-meta">
      ${what && html`<bdi class="one-line">${what}</bdi><span aria-hidden="true">·</span>`}
      <span class=${isFew(said) ? "left few" : "left"}>${availabilityWords(said)}</span></p>`;
}

/** Whether a card rests: nobody has touched it for a while, no sale runs, nothing is under way. */
function useResting(product, mayRest) {
  const [touchedMs, setTouched] = useState(-TOUCHED_MS);
  const sale = useShopState(({ sales }) => sales[product.product_id] ?? null);
  const purchase = usePurchase(product);
  const box = useRef(null);
  const last = `${purchase?.rid} ${purchase?.state}`;
  const seen = useRef(last);
  if (seen.current !== last) {
    seen.current = last;
    if (purchase) setTouched(performance.now()); // its outcome is read, too
  }
  const rests = useRef(true);
  const isBusy = () => sale !== null || UNDER_WAY.has(purchase?.state)
    || performance.now() - touchedMs <= TOUCHED_MS;
  // The keyboard's focus keeps an open card open, and opens none: what has it would be gone.
  const isHeld = () => !rests.current && box.current?.querySelector(":focus-visible") != null;
  const isResting = useTicked(() => {
    rests.current = mayRest && !isBusy() && !isHeld();
    return rests.current;
  });
  const touch = () => setTouched(performance.now());
  return { box, isResting, touch };
}

/** Follow a finger that swipes up over the card: it opens the product's sheet. */
function useSwipeUp(onUp) {
  const from = useRef(null);
  return {
    onTouchStart: ({ touches }) => {
      from.current = touches[0].clientY;
    },
    onTouchEnd: ({ changedTouches }) => {
      if (from.current - changedTouches[0].clientY > SWIPE_PX) onUp();
    },
  };
}

/** The head of a card; a tap opens the card at rest, or the product's sheet. */
function Head({ offer, isResting, onOpen, onMore }) {
  const currency = useShopState(({ session }) => session.currency);
  const { product } = offer;
  const { title } = product;
  return html`
    <div class="card-head">
      <${Thumbnail} product=${product} />
      <div class="card-body">
        <h3 class="one-line">${!product.image && html`<${NumberTag} number=${product.number} /> `}${
          title}</h3>
        <${Price} offer=${offer} currency=${currency} />
        <${Meta} offer=${offer} isResting=${isResting} />
      </div>
      <button type="button" class="cover" onClick=${isResting ? onOpen : onMore}
        aria-label=${t("card.details", { title })}></button>
      ${isResting && html`
        <button type="button" class="primary" onClick=${onOpen} aria-expanded="false">
          ${t("buy.buy")}<span class="unseen">: ${title}</span></button>`}
    </div>`;
}

/** The choice on the card: all variants where there is room, else the way to the sheet. */
function Choice({ product, variant, choose, onMore }) {
  const { title, variants } = product;
  if (variants.length < 2) return null;
  if (variants.length <= INLINE_VARIANTS_MAX) {
    return html`<${Variants} product=${product} chosen=${variant} choose=${choose} />`;
  }
  return html`
    <button type="button" class="more-variants" onClick=${onMore}>
      ${labelOf(variant, product)} <${Icon} name="down" />
      <span class="unseen">, ${t("variants.choose", { title })}</span></button>`;
}

/**
 * `onMore` opens the product's sheet, `open` any sheet; `mayRest` is true on a phone; `leaving` is
 * the place by which the card leaves.
 */
export function Card({ product, open, onMore, leaving, mayRest = false }) {
  const [offer, choose] = useOffer(product);
  const { box, isResting, touch } = useResting(product, mayRest);
  useLeaving(box, leaving);
  const swipe = useSwipeUp(onMore);
  const mayWish = useWish(open) !== null;
  const wasOpened = useRef(false);
  useEffect(() => {
    // The button that opened the card has gone: what it promised takes its place.
    if (wasOpened.current && !isResting) box.current.querySelector(".buy-now")?.focus();
    wasOpened.current = false;
  }, [isResting]);
  if (offer === null) return null; // just taken off the shelf
  const { variant, sale } = offer;
  const look = ["card", sale && "on-sale", isResting && "resting"].filter(Boolean).join(" ");
  const openUp = () => {
    wasOpened.current = true;
    touch();
  };
  return html`
    <article class="offer" aria-label=${product.title} ref=${box} ...${swipe}
      onPointerDown=${isResting ? null : touch} onKeyDown=${isResting ? null : touch}>
      <${Said} product=${product} mayWish=${mayWish} />
      <div class=${look}>
        <${SaleBand} variant=${variant} productId=${product.product_id} />
        <${Head} offer=${offer} isResting=${isResting} onOpen=${openUp} onMore=${onMore} />
        ${!isResting && html`
          <${Choice} product=${product} variant=${variant} choose=${choose} onMore=${onMore} />
          <${Buy} offer=${offer} open=${open} />`}
      </div>
    </article>`;
}
