/**
 * Whether something can be bought now, and if not, why: one answer for the card, the rows, the
 * sheets and the console, so that no two places say different things of one product.
 *
 *     buyable    `left` units can be bought at the price that holds
 *     carts      none can be had just now: the last are in carts. `until_ms` is when the viewer's
 *                own reservation ends, if it has one, else null
 *     sale_gone  the units of the sale are taken; there are others at the usual price after it
 *     gone       the last unit was sold
 *     closed     nothing is sold in this `status` of the show
 */

import { t, timeOfDay } from "./i18n.js";

/**
 * So many are few. Viewers are not told how many a show was given: that would say how many were
 * sold. To them the last three are few, however many there were; hosts know better.
 */
export const FEW = 3;

const CLOSED = { draft: "opens", scheduled: "opens", paused: "paused", ended: "ended" };

const saleOf = ({ sales }, product, nowMs) => {
  const sale = sales.find((each) => each.product_id === product.product_id);
  return sale && sale.starts_at_ms <= nowMs && nowMs < sale.ends_at_ms ? sale : null;
};

function ofUnits(units, saleLeft, isSold, until_ms) {
  const left = Math.min(units, saleLeft);
  if (left > 0) return { kind: "buyable", left };
  if (units > 0) return { kind: "sale_gone", left };
  return isSold ? { kind: "gone", left } : { kind: "carts", left, until_ms };
}

const firstEnd = (purchases, skus) => purchases
  .filter((p) => p.state === "held" && skus.includes(p.sku))
  .reduce((first, p) => Math.min(first ?? p.expires_at_ms, p.expires_at_ms), null);

/** The availability of one variant; `purchases` are the viewer's own. */
export function variantAvailability(session, product, variant, nowMs, purchases = []) {
  if (session.status in CLOSED) return { kind: "closed", left: 0, status: session.status };
  const sale = saleOf(session, product, nowMs);
  const bound = sale && variant.sku in sale.prices ? sale.left ?? Infinity : Infinity;
  const until_ms = firstEnd(purchases, [variant.sku]);
  return ofUnits(variant.left, bound, variant.sold === true, until_ms);
}

/** The availability of a product: of the best of its variants, and of all their units. */
export function productAvailability(session, product, nowMs, purchases = []) {
  if (session.status in CLOSED) return { kind: "closed", left: 0, status: session.status };
  const sale = saleOf(session, product, nowMs);
  const units = (is) => product.variants.filter(is).reduce((sum, v) => sum + v.left, 0);
  const inSale = (v) => sale !== null && v.sku in sale.prices;
  const bound = sale?.left ?? Infinity;
  const left = Math.min(units(inSale), bound) + units((v) => !inSale(v));
  if (left > 0) return { kind: "buyable", left };
  const until_ms = firstEnd(purchases, product.variants.map(({ sku }) => sku));
  return ofUnits(units(inSale), 0, product.variants.every((v) => v.sold === true), until_ms);
}

/** Whether so few can be bought that it is said in the colour of a sale. */
export const isFew = ({ kind, left }) => kind === "buyable" && left <= FEW;

/** Say an availability in a few words. */
export function availabilityWords({ kind, left, until_ms = null, status }) {
  if (kind === "buyable") return t(left <= FEW ? "left.few" : "left.many", { n: left });
  if (kind === "closed") return t(`left.closed_${CLOSED[status]}`);
  if (kind === "carts" && until_ms !== null) {
    return t("left.yours", { time: timeOfDay(until_ms) });
  }
  return t(`left.${kind}`);
}
