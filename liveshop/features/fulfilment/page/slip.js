/** All that is on the slip of an order. */

import { html } from "../../../pages/shared/html.js";
import { dayAndTime, money, t } from "../../../pages/shared/i18n.js";

/** `shop` is the name of the shop, or ""; `buyer` what the buyer is called. */
export function Slip({ slip, shop, buyer }) {
  const { order_id, title, at_ms, currency, units, total, lines } = slip;
  return html`
    <article class="slip">
      <h1><bdi>${shop || title}</bdi></h1>
      ${shop && html`<p><bdi>${title}</bdi></p>`}
      <p class="slip-buyer"><bdi>${buyer}</bdi></p>
      <p>${t("orders.number", { number: order_id.slice(0, 8) })} · ${dayAndTime(at_ms)}</p>
      <table>
        <tbody>
          ${lines.map((line) => html`
            <tr key=${line.sku}><td>${line.quantity} ×</td>
              <td><bdi>${line.title}</bdi>${line.label && html`, <bdi>${line.label}</bdi>`}</td>
              <td>${money(line.total, currency)}</td></tr>`)}
        </tbody>
        <tfoot>
          <tr><td>${units}</td><td>${t("fulfilment.total")}</td>
            <td>${money(total, currency)}</td></tr>
        </tfoot>
      </table>
    </article>`;
}
