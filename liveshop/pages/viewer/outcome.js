/** The outcome of the last purchase of a product, in one sentence, and the way to pay elsewhere. */

import { html, useState } from "../shared/html.js";
import { money, t, timeOfDay } from "../shared/i18n.js";
import { useShop, useShopState } from "../shared/shop.js";
import { sentence } from "../shared/words.js";

/** The way to the merchant's own checkout, in a tab of its own, since the show goes on here. */
function PayLink({ url, title }) {
  return html`
    <a class="button primary" href=${url} target="_blank" rel="noopener"
      aria-label=${t("buy.pay_product", { title })}>${t("buy.pay")}</a>`;
}

/** The two ways on with an order that waits for its money: `orderId` at `url`, null elsewhere. */
export function Pay({ orderId, url, title }) {
  const shop = useShop();
  const session = useShopState((state) => state.session);
  const [said, setSaid] = useState("");
  const abandon = () => {
    setSaid(t("buy.abandoning"));
    shop.send({ type: "abandon", order_id: orderId }).then(() => setSaid(""),
      (refusal) => setSaid(sentence(refusal, { session })));
  };
  return html`
    <div class="pay">
      ${url && html`<${PayLink} url=${url} title=${title} />`}
      <button type="button" class="quiet" onClick=${abandon}
        aria-label=${t("buy.abandon_product", { title })}>${t("buy.abandon")}</button>
      <span role="status" class="note line-said">${said}</span>
    </div>`;
}

function soldWords(orders, orderId) {
  const status = orders.find((order) => order.order_id === orderId)?.status;
  const number = orderId.slice(0, 8);
  if (status === "cancelled") return t("buy.cancelled", { number });
  return status === "refunded" ? t("buy.refunded", { number }) : t("buy.ordered", { number });
}

function waiting(purchase) {
  const time = timeOfDay(purchase.expires_at_ms);
  return purchase.url ? t("buy.pay_by", { time }) : t("buy.reserved", { time });
}

const offered = new WeakMap(); // refusal → what was offered when it came

/** Whether a refusal still says what is so: the price, the units or the show may have changed. */
export function holds(shop, { sku, error }) {
  const { status } = shop.state.session;
  const { price = null, left = 0 } = shop.offer(sku) ?? {};
  const then = offered.get(error) ?? { status, price, fewest: left };
  // The refusal may come before the pulse that tells of the same.
  const fewest = Math.min(then.fewest, left);
  offered.set(error, { ...then, fewest });
  const units = error.code === "sold_out" ? error.left : 0;
  return status === then.status && [then.price, error.price].includes(price)
    && units <= left && left <= Math.max(fewest, units);
}

/** Words for one purchase; `sold` is said with a tick and in the good colour. */
export function outcome({ state, purchase }) {
  const { session, mine } = state;
  switch (purchase.state) {
    case "sending":
      return purchase.error ? sentence(purchase.error, { session, sku: purchase.sku })
        : t("buy.sending");
    case "held":
      return t("buy.in_cart", { time: timeOfDay(purchase.expires_at_ms) });
    case "paying":
      return waiting(purchase);
    case "sold":
      return soldWords(mine.orders, purchase.order_id);
    case "released":
      return t("buy.released");
    case "expired":
      return t("buy.expired", { time: timeOfDay(purchase.expires_at_ms) });
    default:
      return sentence(purchase.error, { session, sku: purchase.sku });
  }
}
