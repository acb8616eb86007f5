/** The two buttons that buy, why they may not, and what came of it. */

import { html, useReducer } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop, useShopState } from "../shared/shop.js";
import { Pay, outcome } from "./outcome.js";

const BUY_RESTS_MS = 1000; // who taps twice by habit wants one
const restsUntil = new Map(); // product → when its Buy can be tapped again

const CLOSED = {
  draft: { key: "refusal.not_live" },
  scheduled: { key: "refusal.not_live" },
  paused: { key: "buy.show_paused" },
  ended: { key: "buy.show_ended" },
};

/** Why nothing can be bought here now, or null. */
export function whyNot(shop, { status, buying }, left) {
  if (status in CLOSED) return t(CLOSED[status].key);
  if (!shop.token) return t("buy.needs_link");
  if (!buying) return t("buy.paused");
  return left === 0 ? t("buy.sold_out") : null;
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

/** `offer` is what the card shows; `compact` leaves the cart's button to the product's sheet. */
export function Buy({ offer, compact = false }) {
  const shop = useShop();
  const line = useShopState((state) => state.line);
  const status = useShopState(({ session }) => session.status);
  const buying = useShopState(({ session }) => session.buying);
  const mine = useShopState((state) => state.mine);
  const { product, variant, price, left } = offer;
  const [resting, rest] = useRest(product.product_id);
  const ours = (p) => product.variants.some((v) => v.sku === p.sku);
  const waits = (p) => p.state === "paying" && p.command === "buy";
  const purchase = mine.purchases.findLast((p) => ours(p) && waits(p) && p.url)
    ?? mine.purchases.findLast(ours);
  const waiting = purchase !== undefined && waits(purchase);
  const pays = waiting && purchase.url !== undefined;
  const pending = purchase?.state === "sending" || waiting;
  const why = whyNot(shop, { status, buying }, left);
  const stop = why !== null || line !== "open";
  const state = { session: shop.state.session, mine };
  const wish = { sku: variant.sku, quantity: 1, price };
  const { title } = product;
  return html`
    <div class="buy">
      ${pays ? html`
        <${Pay} orderId=${purchase.order_id} url=${purchase.url} title=${title} />` : html`
        <button type="button" class="primary" disabled=${stop || resting || pending}
          aria-label=${t("buy.buy_product", { title })} onKeyDown=${ignoreRepeats}
          onClick=${(event) => rest(event) && shop.buy(wish)}>
          ${pending ? t("buy.pending") : t("buy.buy")}</button>`}
      ${!compact && html`
        <button type="button" disabled=${stop} aria-label=${t("buy.add_product", { title })}
          onClick=${() => shop.reserve(wish)}>${t("buy.add")}</button>`}
      <p role="status" class="note ${purchase?.state ?? ""}">
        ${purchase && !(why && purchase.state === "released")
          ? outcome({ shop, state, purchase }) : why ?? ""}</p>
    </div>`;
}
