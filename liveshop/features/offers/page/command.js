/** An offer as its form has it, all of it text, and the command that it says. */

import { amount, whole } from "../../../pages/shared/fields.js";
import { t } from "../../../pages/shared/i18n.js";
import { worthOf } from "./terms.js";

export const KINDS = ["code", "quantity", "buy_get", "bundle", "delivery"];
export const PARTS_MAX = 6;
export const STEPS_MAX = 5;

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
export const PART = { product: "", quantity: "1" };

export const FIRST = {
  kind: "code", label: "", by: "percent", percent: "10", amount: "", most: "", least: "",
  product: "", who: "everyone", code: "", units: "", perBuyer: "", budget: "", minutes: "15",
  startsIn: "", alone: false, buy: { ...PART, quantity: "2" }, get: { ...PART }, times: "",
  parts: [PART, PART], steps: [{ from: "2", percent: "10" }],
};

/** Forms to begin with, each with the message that names it. */
export const TEMPLATES = [
  { key: "offers.form.template_percent", form: FIRST },
  { key: "offers.form.template_third",
    form: { ...FIRST, kind: "buy_get", percent: "100", minutes: "" } },
  { key: "offers.form.template_delivery", form: { ...FIRST, kind: "delivery", minutes: "" } },
  { key: "offers.form.template_code",
    form: { ...FIRST, by: "amount", amount: "5", who: "code", minutes: "" } },
];

const given = (fields) => Object.fromEntries(
  Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

const money = (text, currency) => (text.trim() === "" ? null : amount(text, currency));

/** Return units of a product, as a part of an offer; throws for one that has left the shelf. */
function goods({ product, quantity }, shelf) {
  if (!shelf.some(({ product_id }) => product_id === product)) {
    throw new Error(t("offers.form.no_product"));
  }
  return { quantity: whole(quantity), product_ids: [product] };
}

const known = (product, shelf) =>
  (shelf.some(({ product_id }) => product_id === product) ? [product] : null);

const byPercent = ({ by, percent }) => (by === "percent" ? { percent: whole(percent) } : null);

const OF_KIND = {
  code: (form, { shelf, currency }) => ({
    ...byPercent(form) ?? { amount: money(form.amount, currency) },
    max_amount: form.by === "percent" ? money(form.most, currency) : null,
    product_ids: known(form.product, shelf), min_goods: money(form.least, currency),
  }),
  quantity: (form, { shelf }) => ({
    product_ids: goods({ product: form.product, quantity: "1" }, shelf).product_ids,
    steps: form.steps.map(({ from, percent }) => ({ from: whole(from), percent: whole(percent) })),
  }),
  buy_get: (form, { shelf }) => ({
    buy: goods(form.buy, shelf),
    get: goods({ ...form.get, product: form.get.product || form.buy.product }, shelf),
    percent: whole(form.percent), times: whole(form.times),
  }),
  bundle: (form, { shelf, currency }) => ({
    parts: form.parts.map((each) => goods(each, shelf)),
    ...byPercent(form) ?? { price: money(form.amount, currency) },
  }),
  delivery: (form, { currency }) => ({ min_goods: money(form.least, currency) }),
};

/** Return the command of a form; throws what to say of it. A label left empty is its worth. */
export function commandOf(form, session) {
  const { currency } = session;
  const minutes = whole(form.minutes);
  const seconds = whole(form.startsIn);
  const own = given(OF_KIND[form.kind](form, session));
  const label = form.label.trim() || worthOf({ kind: form.kind, ...own }, currency);
  return given({
    type: "offer.open", kind: form.kind, label, ...own,
    who: form.who === "everyone" ? null : form.who,
    code: form.who === "code" ? form.code.trim() : null,
    units: whole(form.units), per_buyer: whole(form.perBuyer),
    // Free delivery takes nothing off the goods, and may have no budget.
    budget: form.kind === "delivery" ? null : money(form.budget, currency),
    alone: form.alone || null,
    starts_in_ms: seconds ? seconds * SECOND_MS : null,
    ends_in_ms: minutes ? minutes * MINUTE_MS + (seconds ?? 0) * SECOND_MS : null,
  });
}
