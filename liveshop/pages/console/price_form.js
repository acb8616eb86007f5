/** New shelf prices for one product, with the way back. */

import { useDesk } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { Field } from "../shared/field.js";
import { amount } from "../shared/fields.js";
import { html, useState } from "../shared/html.js";
import { plainMoney, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { labelOf } from "../shared/words.js";

export function PriceForm({ product }) {
  const desk = useDesk();
  const currency = useShopState((state) => state.session.currency);
  const { product_id, title, variants } = product;
  const [typed, setTyped] = useState(() =>
    Object.fromEntries(variants.map((v) => [v.sku, plainMoney(v.price, currency)])));
  const submit = async () => {
    const changed = variants
      .map((v) => [v, amount(typed[v.sku], currency)])
      .filter(([v, price]) => price !== v.price);
    if (changed.length === 0) throw new Error(t("console.prices_same"));
    const prices = Object.fromEntries(changed.map(([v, price]) => [v.sku, price]));
    const before = Object.fromEntries(changed.map(([v]) => [v.sku, v.price]));
    await desk.send({ type: "product.reprice", product_id, prices });
    desk.say(t("console.said.repriced", { title }), {
      undo: () => desk.run({ type: "product.reprice", product_id, prices: before }),
    });
  };
  return html`
    <${Form} title=${t("console.price_title", { title })} action=${t("console.price_change")}
      submit=${submit}>
      ${variants.map((v, index) => html`
        <${Field} key=${v.sku}
          label=${t("console.price_of", { label: labelOf(v, product), currency })}
          inputmode="decimal" required autofocus=${index === 0} value=${typed[v.sku]}
          onInput=${(event) => setTyped((now) => ({ ...now, [v.sku]: event.target.value }))} />`)}
    <//>`;
}
