/** The fields of each kind of offer, and what may be announced of the prices that it makes. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { Field } from "../../../pages/shared/field.js";
import { NumberField } from "../../../pages/shared/fields.js";
import { html, useEffect } from "../../../pages/shared/html.js";
import { money, t } from "../../../pages/shared/i18n.js";
import { PART, PARTS_MAX, STEPS_MAX } from "./command.js";

export function Select({ label, value, onChange, options, ...others }) {
  return html`
    <label class="field"><span>${label}</span>
      <select value=${value} onChange=${onChange} ...${others}>
        ${options.map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}
      </select></label>`;
}

/** A product of the shelf; `none` is what choosing none means, if that may be. */
function Product({ label, value, onChange, shelf, none = null }) {
  const first = ["", none ?? t("offers.form.choose")];
  const products = shelf.map(({ product_id, title }) => [product_id, title]);
  return html`
    <${Select} label=${label} value=${value} onChange=${onChange} required=${none === null}
      options=${[first, ...products]} />`;
}

/** A percentage, or an amount; the words of the amount are the kind's. */
function Off({ form, put, words }) {
  const choice = (by, text) => html`
    <label class="choice"><input type="radio" name="by" value=${by} checked=${form.by === by}
      onChange=${put("by")} /> <span>${text}</span></label>`;
  return html`
    <fieldset class="choices"><legend class="unseen">${t("offers.form.by")}</legend>
      ${choice("percent", t("offers.form.percent"))} ${choice("amount", words)}
    </fieldset>
    ${form.by === "percent"
      ? html`<${NumberField} label=${t("offers.form.percent_off")} min="1" max="100" required
          value=${form.percent} onInput=${put("percent")} />`
      : html`<${Field} label=${words} inputmode="decimal" required
          value=${form.amount} onInput=${put("amount")} />`}`;
}

/** The lowest price of a product in the last 30 days: the one that a reduction is told from. */
function Lowest({ product, session }) {
  const desk = useDesk();
  const lowest = useDeskState((state) => state.lowest);
  useEffect(() => void desk.readLowest(), [desk]);
  const found = session.shelf.find(({ product_id }) => product_id === product);
  if (!found || lowest === null) return null;
  const prices = found.variants.flatMap(({ sku }) => lowest[sku] ?? []);
  return html`<p class="note">${prices.length === 0 ? t("offers.form.lowest_unknown")
    : t("offers.form.lowest", { price: money(Math.min(...prices), session.currency) })}</p>`;
}

function Code({ form, put, session: { currency, shelf }, session }) {
  return html`
    <${Off} form=${form} put=${put} words=${t("offers.form.amount", { currency })} />
    <${Product} label=${t("offers.form.on")} value=${form.product} onChange=${put("product")}
      shelf=${shelf} none=${t("offers.form.order")} />
    <${Lowest} product=${form.product} session=${session} />
    <div class="pair">
      <${Field} label=${t("offers.form.least", { currency })} inputmode="decimal"
        value=${form.least} onInput=${put("least")} />
      ${form.by === "percent" && html`
        <${Field} label=${t("offers.form.most", { currency })} inputmode="decimal"
          value=${form.most} onInput=${put("most")} />`}
    </div>`;
}

function Quantity({ form, put, putIn, add, session }) {
  return html`
    <${Product} label=${t("offers.form.product")} value=${form.product} onChange=${put("product")}
      shelf=${session.shelf} />
    <${Lowest} product=${form.product} session=${session} />
    ${form.steps.map(({ from, percent }, place) => html`
      <div key=${place} class="pair">
        <${NumberField} label=${t("offers.form.from", { n: place + 1 })} min="2" max="1000" required
          value=${from} onInput=${putIn("steps", place, "from")} />
        <${NumberField} label=${t("offers.form.from_percent", { n: place + 1 })} min="1" max="100"
          required value=${percent} onInput=${putIn("steps", place, "percent")} />
      </div>`)}
    ${form.steps.length < STEPS_MAX && html`
      <button type="button" class="quiet" onClick=${() => add("steps", { from: "", percent: "" })}>
        ${t("offers.form.step_add")}</button>`}`;
}

function BuyGet({ form, put, putOf, session: { shelf } }) {
  return html`
    <div class="pair">
      <${NumberField} label=${t("offers.form.buy")} min="1" max="100" required
        value=${form.buy.quantity} onInput=${putOf("buy", "quantity")} />
      <${Product} label=${t("offers.form.buy_product")} value=${form.buy.product}
        onChange=${putOf("buy", "product")} shelf=${shelf} />
    </div>
    <div class="pair">
      <${NumberField} label=${t("offers.form.get")} min="1" max="100" required
        value=${form.get.quantity} onInput=${putOf("get", "quantity")} />
      <${Product} label=${t("offers.form.get_product")} value=${form.get.product}
        onChange=${putOf("get", "product")} shelf=${shelf} none=${t("offers.form.same")} />
    </div>
    <div class="pair">
      <${NumberField} label=${t("offers.form.get_percent")} min="1" max="100" required
        value=${form.percent} onInput=${put("percent")} />
      <${NumberField} label=${t("offers.form.times")} min="1" max="100" value=${form.times}
        onInput=${put("times")} />
    </div>`;
}

function Bundle({ form, put, putIn, add, session: { shelf, currency } }) {
  return html`
    ${form.parts.map(({ product, quantity }, place) => html`
      <div key=${place} class="pair">
        <${NumberField} label=${t("offers.form.part_units", { n: place + 1 })} min="1" max="100"
          required value=${quantity} onInput=${putIn("parts", place, "quantity")} />
        <${Product} label=${t("offers.form.part", { n: place + 1 })} value=${product}
          onChange=${putIn("parts", place, "product")} shelf=${shelf} />
      </div>`)}
    ${form.parts.length < PARTS_MAX && html`
      <button type="button" class="quiet" onClick=${() => add("parts", PART)}>
        ${t("offers.form.part_add")}</button>`}
    <${Off} form=${form} put=${put} words=${t("offers.form.price", { currency })} />`;
}

function Delivery({ form, put, session: { currency } }) {
  return html`
    <${Field} label=${t("offers.form.free_from", { currency })} inputmode="decimal"
      value=${form.least} onInput=${put("least")} hint=${t("offers.form.free_hint")} />`;
}

const OF_KIND = {
  code: Code, quantity: Quantity, buy_get: BuyGet, bundle: Bundle, delivery: Delivery,
};

/** The fields of the form's kind. */
export function OfKind({ form, setForm, session }) {
  const Fields = OF_KIND[form.kind];
  const change = (name, how) => setForm((now) => ({ ...now, [name]: how(now[name]) }));
  const put = (name) => ({ target }) => change(name, () => target.value);
  const putOf = (name, field) => ({ target }) =>
    change(name, (before) => ({ ...before, [field]: target.value }));
  const putIn = (name, place, field) => ({ target }) => change(name, (all) =>
    all.map((each, at) => (at === place ? { ...each, [field]: target.value } : each)));
  const add = (name, more) => change(name, (all) => [...all, more]);
  return html`
    <${Fields} form=${form} put=${put} putOf=${putOf} putIn=${putIn} add=${add}
      session=${session} />`;
}
