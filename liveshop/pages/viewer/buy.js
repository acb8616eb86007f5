/** The two buttons that buy, why they may not, and what came of it. */

import { variantAvailability, availabilityWords } from "../shared/availability.js";
import { html, useEffect, useReducer } from "../shared/html.js";
import { money, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { useWish } from "./identity.js";
import { Pay, holds, outcome } from "./outcome.js";

const BUY_RESTS_MS = 1000; // who taps twice by habit wants one
const BUZZ_MS = 12;
const restsUntil = new Map(); // product → when its Buy can be tapped again

/** Why nothing can be bought here now, or null; `availability` is that of what would be bought. */
export function whyNot({ buying }, availability, mayWish) {
  if (availability.kind === "closed") return availabilityWords(availability);
  if (!mayWish) return t("buy.needs_link");
  if (!buying) return t("buy.paused");
  return availability.kind === "buyable" ? null : availabilityWords(availability);
}

/** Let a key that is held down tap once. */
function ignoreRepeats(event) {
  if (event.repeat) event.preventDefault();
}

/** Buy at most once in a while; the second tap of two may have waited for the page longer. */
function useRest(productId) {
  const [, draw] = useReducer((changes) => changes + 1, 0);
  const until = restsUntil.get(productId) ?? 0;
  const rest = (event) => {
    if (event.timeStamp < (restsUntil.get(productId) ?? 0)) return false;
    restsUntil.set(productId, performance.now() + BUY_RESTS_MS);
    setTimeout(draw, BUY_RESTS_MS + 1);
    draw();
    return true;
  };
  return [performance.now() < until, rest];
}

const waits = (p) => p.state === "paying" && p.command === "buy";

/** The purchase of a product that its card tells of: one to be paid, else the last. */
export function usePurchase(product) {
  const purchases = useShopState(({ mine }) => mine.purchases);
  const ours = (p) => product.variants.some((v) => v.sku === p.sku);
  return purchases.findLast((p) => ours(p) && waits(p) && p.url) ?? purchases.findLast(ours);
}

/** The availability of what a card shows; the component draws again when it is another. */
export function useAvailability({ product, variant }) {
  const shop = useShop();
  const read = ({ session, mine }) =>
    variantAvailability(session, product, variant, shop.now(), mine.purchases);
  useShopState((state) => JSON.stringify(read(state)));
  return read(shop.state);
}

/** Buzz once when a purchase is made: the thumb lies on the button. */
function useBuzz(isSold, orderId) {
  useEffect(() => {
    if (isSold) navigator.vibrate?.(BUZZ_MS);
  }, [isSold && orderId]);
}

/** Why nothing comes of a purchase that was not tried yet; the button says what else there is. */
function hint({ status, buying }, mayWish) {
  if (status !== "live") return "";
  if (!mayWish) return t("buy.needs_link");
  return buying ? "" : t("buy.paused");
}

/** Say what a tap does and costs, what is under way, or why it does nothing. */
function label({ pending, done, blocked, again, price }) {
  if (pending) return t("buy.pending");
  if (done) return html`<${Icon} name="check" /> ${t("buy.done")}`;
  if (blocked !== null) return blocked;
  return again ? t("buy.again", { price }) : t("buy.now", { price });
}

/** The outcome of a product's last purchase, which is read out. */
export function Said({ product, mayWish }) {
  const shop = useShop();
  useShopState((state) => state.mine);
  const status = useShopState(({ session }) => session.status);
  useShopState(({ session }) => session.buying);
  const purchase = usePurchase(product);
  const isOld = (purchase?.state === "released" && status !== "live")
    || (purchase?.state === "failed" && !holds(shop, purchase));
  const words = purchase && !isOld ? outcome({ state: shop.state, purchase })
    : hint(shop.state.session, mayWish);
  return html`
    <p role="status" class=${`said ${purchase?.state ?? ""}`}>${words}</p>`;
}

/** Add to cart, and Buy; an order that waits for its money takes the place of Buy. */
export function Buy({ offer, open, quantity = 1 }) {
  const shop = useShop();
  const terms = useSlot("terms");
  const line = useShopState((state) => state.line);
  const buying = useShopState(({ session }) => session.buying);
  const currency = useShopState(({ session }) => session.currency);
  const { product, variant, price } = offer;
  const availability = useAvailability(offer);
  const [resting, rest] = useRest(product.product_id);
  const purchase = usePurchase(product);
  const wish = useWish(open);
  const isSold = purchase?.state === "sold";
  useBuzz(isSold && resting, purchase?.order_id);
  const { title } = product;
  const pays = purchase !== undefined && waits(purchase) && purchase.url !== undefined;
  const pending = purchase?.state === "sending" || (purchase !== undefined && waits(purchase));
  const why = whyNot({ buying }, availability, wish !== null);
  const stop = why !== null || line !== "open";
  const fields = { sku: variant.sku, quantity, price };
  const buy = (event) => {
    if (stop || pending || !rest(event)) return;
    wish("buy", Object.assign({}, fields, ...terms.map((of) => of(shop))));
  };
  const isGone = availability.kind !== "buyable";
  const words = label({ pending, done: isSold && resting, blocked: isGone ? why : null,
    again: isSold, price: money(price * quantity, currency) });
  return html`
    <div class="buy">
      <button type="button" class="add" aria-disabled=${stop} onKeyDown=${ignoreRepeats}
        aria-label=${t("buy.add_product", { title })} title=${t("buy.add")}
        onClick=${() => !stop && wish("reserve", fields)}><${Icon} name="add_bag" /></button>
      ${pays ? html`<${Pay} orderId=${purchase.order_id} url=${purchase.url} title=${title} />`
        : html`
        <button type="button" class=${`primary buy-now ${isSold && resting ? "done" : ""}`}
          aria-disabled=${stop || resting || pending} onKeyDown=${ignoreRepeats} onClick=${buy}>
          ${words}<span class="unseen">: ${title}</span></button>`}
    </div>`;
}
