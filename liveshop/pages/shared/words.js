/** The words of both pages: for a session's status, SKUs, and everything that can be refused. */

import { listOf, money, t } from "./i18n.js";

/** Find a SKU on the shelf: its product and variant, or nulls. */
function onShelf(session, sku) {
  for (const product of session?.shelf ?? []) {
    const variant = product.variants.find((v) => v.sku === sku);
    if (variant) return { product, variant };
  }
  return { product: null, variant: null };
}

/** Name a variant; the only one of a product may have no name of its own. */
export const labelOf = ({ label }, { title }) => label || title;

const RIGHT_TO_LEFT = /[\u0590-\u08ff]/;

/** Set words of another direction apart, so that those around them keep their places. */
const apart = (words) => (RIGHT_TO_LEFT.test(words) ? `\u2068${words}\u2069` : words);

/** Name what a SKU is: "Ocean Blue Shirt, M". */
export function nameOf(session, sku) {
  const { product, variant } = onShelf(session, sku);
  if (product === null) return sku;
  const title = apart(product.title);
  return variant.label ? `${title}, ${apart(variant.label)}` : title;
}

/** A session's status in a word. */
export function statusWord(status) {
  return t(`status.${status}`);
}

function soldOut({ left }, { session, sku }) {
  const { product, variant } = onShelf(session, sku);
  if (left > 0) return t("refusal.sold_out_some", { n: left });
  const label = variant?.label;
  const gone = label ? t("refusal.sold_out_in", { label }) : t("refusal.sold_out");
  const others = (product?.variants ?? []).filter((v) => v.sku !== sku && v.left > 0);
  if (others.length === 0) return gone;
  const names = listOf(others.map((v) => labelOf(v, product)));
  return `${gone} ${t("refusal.others", { n: others.length, names })}`;
}

function limited({ limit, left }) {
  if (left > 0) return t("refusal.limit_some", { n: limit, left });
  return t("refusal.limit", { n: limit, have: limit - left });
}

const SPECIAL = {
  sold_out: soldOut,
  limit: limited,
  price_changed: ({ price, total = price }, { session }) => (total === undefined
    ? t("refusal.conflict")
    : t("refusal.price_changed", { price: money(total, session.currency) })),
};
const PLAIN = new Set([
  "bad_request", "unauthorized", "forbidden", "not_found", "not_live", "conflict", "expired",
  "busy", "rate_limited", "unavailable", "internal", "offline", "payment_failed",
]);

/** Say in one sentence what a refusal means to a buyer; `about` has `session` and `sku`. */
export function sentence(error, about) {
  if (error.code in SPECIAL) return SPECIAL[error.code](error, about);
  return t(`refusal.${PLAIN.has(error.code) ? error.code : "internal"}`);
}

const FAREWELLS = new Set([4502, 4503, 4504, 4505, 4506]);

/** Say why the line is closed for good. */
export function farewell(code) {
  return t(`farewell.${FAREWELLS.has(code) ? code : "other"}`);
}
