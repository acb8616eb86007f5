/** Offers in words: their worth and their conditions; the label is the host's own. */

import { listOf, money, number, percent, t } from "../../../pages/shared/i18n.js";

const share = (of) => percent(of / 100);

/** Words for what comes off: a percentage, or an amount. */
const off = ({ percent: of, amount }, currency) =>
  `−${of === undefined ? money(amount, currency) : share(of)}`;

function together({ price, percent: of }, currency) {
  if (price !== undefined) return t("offers.worth.together", { price: money(price, currency) });
  return t("offers.worth.set", { off: `−${share(of)}` });
}

function another({ buy, get, percent: of = 100 }) {
  const values = { buy: number(buy.quantity), get: number(get.quantity) };
  if (of === 100) return t("offers.worth.free", values);
  return t("offers.worth.less", { ...values, off: `−${share(of)}` });
}

function more({ steps }, currency) {
  const [{ from, percent: of, price }] = steps;
  const each = price === undefined ? `−${share(of)}`
    : t("offers.worth.each", { price: money(price, currency) });
  return t("offers.worth.from", { n: from, each });
}

const delivery = ({ min_goods }, currency) => (min_goods
  ? t("offers.worth.delivery_from", { amount: money(min_goods, currency) })
  : t("offers.worth.delivery"));

const WORTH = { code: off, bundle: together, buy_get: another, quantity: more, delivery };

/** The worth of an offer in few words: “−€5.00”, “Buy 2, get 1 free”. */
export const worthOf = (offer, currency) => WORTH[offer.kind](offer, currency);

/** Whether a buyer has to take or to name it, for it to count. */
export const isNamed = ({ kind, who }) => kind === "code" || who === "code";

/** Whether a viewer can take it by a tap: its name is enough. */
export const isTicket = (offer) => isNamed(offer) && offer.who !== "code";

const titles = (ids, { shelf }) =>
  listOf(ids.map((id) => shelf.find((p) => p.product_id === id)?.title ?? id));

/** The products that an offer is about, as of a part of a bundle. */
function goodsOf({ product_ids: ids, skus }, session) {
  if (ids) return titles(ids, session);
  const found = session.shelf.filter(({ variants }) => variants.some(({ sku }) =>
    skus.includes(sku)));
  return listOf(found.map(({ title }) => title));
}

function aboutParts({ parts, buy, get }, session) {
  const pieces = parts ?? [buy, get];
  const words = pieces.map((part) => `${number(part.quantity)} × ${goodsOf(part, session)}`);
  return listOf([...new Set(words)]);
}

/** The conditions of an offer, each a sentence or part of one. */
export function conditionsOf(offer, session) {
  const { kind, who, product_ids: ids, min_goods: least } = offer;
  const { max_amount: most, per_buyer: each } = offer;
  const amount = (value) => ({ amount: money(value, session.currency) });
  return [
    offer.parts || offer.buy ? aboutParts(offer, session) : null,
    ids ? t("offers.about", { names: titles(ids, session) }) : null,
    least && kind !== "delivery" ? t("offers.least", amount(least)) : null,
    most ? t("offers.most", amount(most)) : null,
    each > 1 ? t("offers.each", { n: each }) : null,
    who === "first_order" ? t("offers.first_order") : null,
    who === "viewers" ? t("offers.for_some") : null,
    offer.alone ? t("offers.alone") : null,
  ].filter(Boolean);
}
