/** More units of a product out of the catalogue's stock, while it is being sold. */

import { uuid } from "../client/uuid.js";
import { useDesk } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { NumberField, whole } from "../shared/fields.js";
import { html, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { labelOf } from "../shared/words.js";

const STEPS = [5, 10, 20];
const EACH = "";

export function RestockForm({ product }) {
  const desk = useDesk();
  const { product_id, title, variants } = product;
  const [sku, setSku] = useState(variants.length === 1 ? variants[0].sku : EACH);
  const [units, setUnits] = useState(String(STEPS[0]));
  // Sent again after a lost answer, the same wish brings nothing more.
  const [rid] = useState(uuid);
  const submit = async () => {
    const n = whole(units);
    const skus = sku === EACH ? variants.map((v) => v.sku) : [sku];
    const more = Object.fromEntries(skus.map((each) => [each, n]));
    await desk.send({ type: "stock.add", product_id, units: more, rid });
    desk.say(t("console.restocked", { title, n: n * skus.length }));
  };
  return html`
    <${Form} title=${t("console.restock_title", { title })} action=${t("console.restock_action")}
      submit=${submit}>
      ${variants.length > 1 && html`
        <label class="field"><span>${t("console.variant")}</span>
          <select value=${sku} onChange=${(event) => setSku(event.target.value)}>
            <option value=${EACH}>${t("console.restock_each", { n: variants.length })}</option>
            ${variants.map((v) => html`
              <option key=${v.sku} value=${v.sku}>${labelOf(v, product)}</option>`)}
          </select></label>`}
      <div class="buttons" role="group" aria-label=${t("console.restock_steps")}>
        ${STEPS.map((step) => html`
          <button key=${step} type="button" aria-pressed=${String(units === String(step))}
            onClick=${() => setUnits(String(step))}>+${step}</button>`)}
      </div>
      <${NumberField} label=${t("console.restock_units")} min="1" max="1000000" required autofocus
        value=${units} onInput=${(event) => setUnits(event.target.value)} />
      <p class="note">${t("console.restock_note")}</p>
    <//>`;
}
