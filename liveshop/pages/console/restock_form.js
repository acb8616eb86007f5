/** More units of a product out of the catalogue's stock, while it is being sold. */

import { uuid } from "../client/uuid.js";
import { useDesk } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { NumberField, whole } from "../shared/fields.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { labelOf } from "../shared/words.js";

const STEPS = [5, 10, 20];
const EACH = "";
const VARIANTS_NAMED_MAX = 6;

/** The units free of each SKU, null until they are known; and a function that reads them again. */
function useStock(productId) {
  const desk = useDesk();
  const [stock, setStock] = useState(null);
  const read = async () => {
    try {
      const { variants } = await desk.office.product(productId);
      setStock(Object.fromEntries(variants.map((v) => [v.sku, v.stock])));
    } catch (refusal) {
      console.info(`the stock: ${refusal.message}`); // the server says it once more is wanted
    }
  };
  useEffect(() => void read(), []);
  return [stock, read];
}

/** How many units of each SKU the catalogue lacks for what is wanted. */
function lackingOf(wanted, stock) {
  const lacks = Object.entries(wanted)
    .map(([sku, units]) => [sku, units - (stock?.[sku] ?? units)]);
  return Object.fromEntries(lacks.filter(([, units]) => units > 0));
}

/** Return what has the same key for the same wish: sent again, it brings nothing more. */
function useWishKeys() {
  const keys = useRef(new Map());
  return (wish) => {
    const name = JSON.stringify(wish);
    if (!keys.current.has(name)) keys.current.set(name, uuid());
    return keys.current.get(name);
  };
}

export function RestockForm({ product }) {
  const desk = useDesk();
  const { product_id, title, variants } = product;
  const [sku, setSku] = useState(variants.length === 1 ? variants[0].sku : EACH);
  const [units, setUnits] = useState(String(STEPS[0]));
  const [arrived, setArrived] = useState(false);
  const [stock, readStock] = useStock(product_id);
  const keyOf = useWishKeys();
  const chosen = variants.filter((each) => sku === EACH || each.sku === sku);
  const n = whole(units) ?? 0;
  const wanted = Object.fromEntries(chosen.map((each) => [each.sku, n]));
  const lacking = lackingOf(wanted, stock);
  const isLacking = Object.keys(lacking).length > 0;
  const submit = async () => {
    try {
      if (arrived && isLacking) await desk.office.addUnits(product_id, lacking, keyOf(lacking));
      await desk.send({ type: "stock.add", product_id, units: wanted, rid: keyOf({ wanted }) });
    } catch (refusal) {
      await readStock();
      throw refusal;
    }
    desk.say(t("console.restocked", { title, n: n * chosen.length }));
  };
  return html`
    <${Form} title=${t("console.restock_title", { title })} action=${t("console.restock_action")}
      submit=${submit}>
      ${variants.length > 1 && html`
        <${Choice} product=${product} sku=${sku} choose=${setSku} />`}
      <div class="buttons" role="group" aria-label=${t("console.restock_steps")}>
        ${STEPS.map((step) => html`
          <button key=${step} type="button" aria-pressed=${String(units === String(step))}
            onClick=${() => setUnits(String(step))}>+${step}</button>`)}
      </div>
      <${NumberField} label=${t("console.restock_units")} min="1" max="1000000" required autofocus
        value=${units} onInput=${(event) => setUnits(event.target.value)} />
      <p class="note">${t("console.restock_note")}</p>
      <p class="note">${stockWords(chosen, product, stock)}</p>
      ${isLacking && desk.isEverywhere && html`
        <label class="choice"><input type="checkbox" checked=${arrived}
          onChange=${({ target }) => setArrived(target.checked)} />
          <span>${t("console.restock_arrived", { n: sum(Object.values(lacking)) })}</span></label>`}
    <//>`;
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

/** Say what the catalogue has: of one variant, or of each if they are few. */
function stockWords(chosen, product, stock) {
  if (stock === null || chosen.length > VARIANTS_NAMED_MAX) return "";
  const has = (each) => stock[each.sku] ?? 0;
  if (chosen.length === 1) return t("console.in_stock", { n: has(chosen[0]) });
  const list = chosen.map((each) => `${labelOf(each, product)} ${has(each)}`).join(" · ");
  return t("console.restock_stock", { list });
}

function Choice({ product, sku, choose }) {
  const { variants } = product;
  return html`
    <label class="field"><span>${t("console.variant")}</span>
      <select value=${sku} onChange=${(event) => choose(event.target.value)}>
        <option value=${EACH}>${t("console.restock_each", { n: variants.length })}</option>
        ${variants.map((v) => html`
          <option key=${v.sku} value=${v.sku}>${labelOf(v, product)}</option>`)}
      </select></label>`;
}
