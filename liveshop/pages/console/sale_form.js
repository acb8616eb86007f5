/** A flash sale, started now or planned for later: how much off, for how many, for how long. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { Field } from "../shared/field.js";
import { NumberField, amount, whole } from "../shared/fields.js";
import { html, useEffect, useState } from "../shared/html.js";
import { money, plainMoney, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { labelOf } from "../shared/words.js";
import { percentOff, roundedTo90 } from "./show.js";

const PLACE = "liveshop:last-sale";
const FIRST = {
  by: "percent", percent: "20", round: false, price: "", units: "", seconds: "60", limit: "",
};

function remembered() {
  try {
    return { ...FIRST, ...JSON.parse(localStorage.getItem(PLACE) ?? "{}"), price: "" };
  } catch {
    return FIRST;
  }
}

function remember({ price, ...sale }) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(sale));
  } catch {
    // It is only a convenience.
  }
}

const text = (value) => (value === undefined ? "" : String(value));

/** How a plan is priced: by a percentage, rounded if its prices differ, or by one price. */
function pricing({ percent, prices }, [variant], currency) {
  if (percent) return { by: "percent", percent: text(percent), round: false, price: "" };
  const [first, ...others] = Object.values(prices);
  if (others.every((price) => price === first)) {
    return { by: "price", percent: "20", round: false, price: plainMoney(first, currency) };
  }
  const off = Math.round((1 - prices[variant.sku] / variant.price) * 100);
  return { by: "percent", percent: text(off), round: true, price: "" };
}

/** Return the values that the form begins with: the plan of the product, else the last sale. */
function beginning(plan, variants, currency) {
  if (!plan) return { ...remembered(), startsIn: "0" };
  const { duration_ms, units, limit } = plan;
  return {
    ...pricing(plan, variants, currency), units: text(units), seconds: text(duration_ms / 1000),
    limit: text(limit), startsIn: "0",
  };
}

/** The price of a variant in a sale by percentage. */
function reduced({ price }, { percent, round }, digits) {
  const less = percentOff(price, whole(percent) ?? 0);
  return round ? roundedTo90(less, price, digits) : less;
}

/** The fields of `sale.start` that the form says. */
function terms(form, variants, { currency, currency_digits: digits }) {
  const price = form.by === "price" ? amount(form.price, currency) : null;
  const each = (of) => ({ prices: Object.fromEntries(variants.map((v) => [v.sku, of(v)])) });
  const off = form.by === "price" ? each(() => price)
    : form.round ? each((v) => reduced(v, form, digits)) : { percent: whole(form.percent) };
  const [units, limit] = [whole(form.units), whole(form.limit)];
  return { ...off, duration_ms: whole(form.seconds) * 1000, ...(units && { units }),
    ...(limit && { limit }) };
}

export function SaleForm({ product, planning = false }) {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const { currency, currency_digits: digits } = session;
  const plan = useDeskState((state) => state.plan.sales[product.product_id]);
  const [form, setForm] = useState(() => beginning(plan, product.variants, currency));
  const { product_id, title, variants } = product;
  const putRound = ({ target }) => setForm((now) => ({ ...now, round: target.checked }));
  const put = (name) => (event) => setForm((now) => ({ ...now, [name]: event.target.value }));
  useEffect(() => void desk.readLowest(), [desk]);
  const submit = async () => {
    const sale = terms(form, variants, session);
    remember(form);
    if (planning) return desk.planSale(product_id, sale);
    const starts_in_ms = (whole(form.startsIn) ?? 0) * 1000;
    await desk.send({ type: "sale.start", product_id, ...sale, starts_in_ms });
    desk.say(t("console.sale_started", { title }), {
      undo: () => desk.run({ type: "sale.end", product_id }),
    });
  };
  const heading = () =>
    (planning ? t("console.plan_title", { title }) : t("console.sale_title", { title }));
  return html`
    <${Form} title=${heading()} submit=${submit}
      action=${planning ? t("console.plan_save") : t("console.start_sale")}>
      <${By} form=${form} put=${put} currency=${currency} />
      ${form.by === "percent" && digits >= 2 && html`
        <label class="choice"><input type="checkbox" checked=${form.round} onChange=${putRound} />
          <span>${t("console.sale_round")}</span></label>`}
      <${Resulting} form=${form} product=${product} currency=${currency} digits=${digits} />
      <div class="pair">
        <${NumberField} label=${t("console.sale_units")} min="1" value=${form.units}
          onInput=${put("units")} />
        <${NumberField} label=${t("console.sale_seconds")} min="5" max="86400" required
          value=${form.seconds} onInput=${put("seconds")} />
      </div>
      <details class="more"><summary>${t("console.more")}</summary>
        <div class="pair">
          <${NumberField} label=${t("console.sale_limit")} min="1" max="1000" value=${form.limit}
            onInput=${put("limit")} />
          ${!planning && html`
            <${NumberField} label=${t("console.sale_starts_in")} min="0" max="86400"
              value=${form.startsIn} onInput=${put("startsIn")} />`}
        </div>
      </details>
      ${planning && plan && html`
        <button type="button" onClick=${() => unplan(desk, product_id)}>
          ${t("console.plan_drop")}</button>`}
    <//>`;
}

async function unplan(desk, productId) {
  desk.closeDialog();
  await desk.attempt("plan", () => desk.planSale(productId, null));
}

function By({ form, put, currency }) {
  const choice = (by, words) => html`
    <label class="choice"><input type="radio" name="by" value=${by} checked=${form.by === by}
      onChange=${put("by")} /> <span>${words}</span></label>`;
  return html`
    <fieldset class="choices"><legend class="unseen">${t("console.sale_by")}</legend>
      ${choice("percent", t("console.sale_percent"))} ${choice("price", t("console.sale_price"))}
    </fieldset>
    ${form.by === "percent"
      ? html`<${NumberField} label=${t("console.percent_off")} min="1" max="99" required autofocus
          value=${form.percent} onInput=${put("percent")} />`
      : html`<${Field} label=${t("console.sale_price_in", { currency })} inputmode="decimal"
          required autofocus value=${form.price} onInput=${put("price")} />`}`;
}

/** Variants that cost the same, and always did, share a row. */
function alike(product, lowest) {
  const { variants } = product;
  const rows = new Map();
  for (const variant of variants) {
    const key = `${variant.price} ${lowest?.[variant.sku]}`;
    rows.set(key, [...rows.get(key) ?? [], variant]);
  }
  return [...rows.values()].map((same) => ({
    variants: same, label: same.length === variants.length && same.length > 1
      ? t("console.all_variants", { n: same.length })
      : same.map((v) => labelOf(v, product)).join(", "),
  }));
}

/** The price in the sale, next to the price now and the lowest price of the last 30 days. */
function Resulting({ form, product, currency, digits }) {
  const lowest = useDeskState((state) => state.lowest);
  const price = (v) => {
    if (form.by === "percent") return reduced(v, form, digits);
    try {
      return amount(form.price, currency);
    } catch {
      return null;
    }
  };
  const cell = (value) => (value === null || value === undefined ? "–" : money(value, currency));
  const rows = alike(product, lowest);
  return html`
    <table class="resulting">
      <thead><tr><th scope="col">${t("console.variant")}</th>
        <th scope="col">${t("console.now")}</th>
        <th scope="col">${t("console.in_sale")}</th>
        <th scope="col">${t("console.lowest")}</th></tr></thead>
      <tbody>
        ${rows.map(({ variants: [v], label }) => html`
          <tr key=${v.sku}><th scope="row">${label}</th><td>${cell(v.price)}</td>
            <td><b>${cell(price(v))}</b></td>
            <td>${lowest !== null && lowest[v.sku] === undefined
              ? t("console.not_known") : cell(lowest?.[v.sku])}</td></tr>`)}
      </tbody>
    </table>`;
}
