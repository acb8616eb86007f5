/** The rules about products that the console's parts share. */

import { FEW, availabilityWords } from "../shared/availability.js";
import { useDeskState } from "../shared/desk.js";
import { t } from "../shared/i18n.js";

const LOW_SHARE = 0.2; // of what was allocated
export const NEXT_SHOWN = 3;

export const saleOf = (session, { product_id }) =>
  session.sales.find((sale) => sale.product_id === product_id) ?? null;

export const unitsLeft = ({ variants }) => variants.reduce((sum, v) => sum + v.left, 0);

export const productOf = ({ shelf }, productId) =>
  shelf.find((product) => product.product_id === productId) ?? null;

/** The product that viewers see first: the one pinned last. */
export const onAir = (session) => productOf(session, session.pinned.at(-1));

/** The units that there are of what has this availability; where nothing is sold yet, all. */
export const leftOf = ({ kind, left }, units) => (kind === "closed" ? units : left);

/**
 * How an availability is to be marked, of so many units that the show was given: "gone", "low", or
 * not at all. Where nobody knows how many those were, nothing is low.
 */
export function stockMark(available, units, allocated) {
  const left = leftOf(available, units);
  if (left === 0) return "gone";
  return left <= FEW && left <= (allocated ?? 0) * LOW_SHARE ? "low" : "";
}

/** Say how many units can be had, and where it is none, why, as viewers read it. */
export function leftWords(available, units) {
  const left = leftOf(available, units);
  if (left > 0) return t("console.n_left", { n: left });
  return available.kind === "closed" ? t("console.mark.gone") : availabilityWords(available);
}

/** The units that the show was given of a product; null until the figures say it. */
export function useAllocated(productId) {
  return useDeskState(({ summary }) =>
    summary?.products.find((p) => p.product_id === productId)?.allocated ?? null);
}

/** The products to pin next: after what was pinned last, those that can be sold, else any. */
export function upcoming({ shelf, pinned }) {
  const last = shelf.findIndex((p) => p.product_id === pinned.at(-1));
  const after = shelf.slice(last + 1).filter((p) => !pinned.includes(p.product_id));
  const sellable = after.filter((p) => unitsLeft(p) > 0);
  return sellable.length > 0 ? sellable : after;
}

export const nextProduct = (session) => upcoming(session)[0] ?? null;

/** The product that most keys are about: the one on air, else the chosen one, else the next. */
export function current(desk) {
  const { session } = desk.shop.state;
  return onAir(session) ?? productOf(session, desk.state.selected) ?? nextProduct(session);
}

/** Return a price less a percentage, rounded half up in minor units, as the server does. */
export function percentOff(price, percent) {
  return Math.floor((price * (100 - percent) + 50) / 100);
}

/**
 * Return the amount nearest to a price that ends in .90 and is below the price before the sale; the
 * price as it is where there is none.
 */
export function roundedTo90(price, before, digits) {
  const whole = 10 ** digits;
  const end = 0.9 * whole;
  const near = Math.round((price - end) / whole) * whole + end;
  const fitting = near < before ? near : near - whole;
  return fitting > 0 ? fitting : price;
}
