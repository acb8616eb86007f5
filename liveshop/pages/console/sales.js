/** Sales from the desk: the planned one at once, the running one ended, and both taken back. */

import { t } from "../shared/i18n.js";
import { current, onAir, saleOf } from "./show.js";

const SALE_MS_MIN = 5_000; // the server takes no shorter one

/** Start the sale that is planned for a product; without a plan, ask in the form. */
export function startPlanned(desk, product) {
  const { product_id, title } = product;
  const plan = desk.state.plan.sales[product_id];
  if (!plan) return desk.open("sale", { product });
  return desk.run({ type: "sale.start", product_id, ...plan }, {
    said: t("console.sale_started", { title }), undo: { type: "sale.end", product_id },
  });
}

/**
 * The command by which a sale goes on for the rest of its time, one that was announced at its
 * instant; or null if too little is left.
 */
function rest({ product_id, prices, starts_at_ms, ends_at_ms, left, limit }, nowMs) {
  const starts_in_ms = Math.max(0, Math.round(starts_at_ms - nowMs));
  const duration_ms = Math.floor(ends_at_ms - nowMs) - starts_in_ms;
  if (duration_ms < SALE_MS_MIN || left === 0) return null;
  return { type: "sale.start", product_id, prices, duration_ms, starts_in_ms,
    ...(left !== null && { units: left }), ...(limit !== null && { limit }) };
}

/** End a product's sale; for a while it can be had back as it was. */
export function endSale(desk, { product_id, title }) {
  const sale = saleOf(desk.shop.state.session, { product_id });
  const undo = () => {
    const again = rest(sale, desk.shop.now());
    return again ? desk.run(again) : desk.say(t("console.sale_too_short"), { problem: true });
  };
  return desk.run({ type: "sale.end", product_id }, {
    said: t("console.said.sale_ended", { title }), undo,
  });
}

const isOnSale = (desk, product) => saleOf(desk.shop.state.session, product) !== null;

/** S: the sale of what is on air, by its plan. */
export function startCurrent(desk) {
  const product = current(desk);
  if (product && !isOnSale(desk, product)) startPlanned(desk, product);
}

/** ⇧S: the same by the form. */
export function askCurrent(desk) {
  const product = current(desk);
  if (product && !isOnSale(desk, product)) desk.open("sale", { product });
}

/** End the sale of what is on air, if it has one. */
export function endCurrent(desk) {
  const product = endable(desk);
  if (product) endSale(desk, product);
}

/** The product whose sale E ends: the one on air, and never another. */
export function endable(desk) {
  const product = onAir(desk.shop.state.session);
  return product && isOnSale(desk, product) ? product : null;
}
