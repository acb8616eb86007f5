/** The variants of a product as radio buttons; those that are gone can be chosen and say so. */

import { html, useId } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { labelOf } from "../shared/words.js";

export function Variants({ product, chosen, choose }) {
  const name = useId();
  return html`
    <fieldset class="variants">
      <legend class="unseen">${t("variants.choose", { title: product.title })}</legend>
      ${product.variants.map((v) => html`
        <label key=${v.sku} class=${v.left === 0 ? "variant gone" : "variant"}>
          <input type="radio" name=${name} value=${v.sku} checked=${v.sku === chosen.sku}
            onChange=${() => choose(v.sku)} />
          <span>${labelOf(v, product)}${v.left === 0
            && html`<span class="unseen">, ${t("left.none")}</span>`}</span>
        </label>`)}
    </fieldset>`;
}
