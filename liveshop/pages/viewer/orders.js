/** The viewer's orders here, the newest first; the first of them is the confirmation. */

import { searchCatalogue } from "../shared/catalogue.js";
import { html } from "../shared/html.js";
import { money, t, timeOfDay } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { linesWords, useNames } from "../shared/names.js";
import { Reasons } from "../shared/reasons.js";
import { useShopState } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { Picture } from "./cart.js";
import { useLines } from "./history.js";
import { Pay } from "./outcome.js";

export function OrdersButton({ onOpen }) {
  const count = useShopState(({ mine }) => mine.orders.length);
  if (count === 0) return null;
  return html`
    <button type="button" class="round" onClick=${onOpen}
      aria-label=${t("orders.open", { n: count })}>
      <${Icon} name="receipt" /><span aria-hidden="true" class="good">${count}</span></button>`;
}

function Order({ order, lines, name }) {
  const { order_id, total, currency, at_ms, status, url, why } = order;
  const good = status === "confirmed";
  const number = order_id.slice(0, 8);
  return html`
    <li class=${good ? "order" : "order lapsed"}>
      <h3>${t("orders.number", { number })}</h3>
      <span class=${good ? "note good" : "note"}>
        ${good ? "✓ " : ""}${t(`order.${status}`)} · ${timeOfDay(at_ms)}</span>
      ${lines.map(({ rid, sku, quantity, price }) => html`
        <div key=${rid} class="line">
          <${Picture} sku=${sku} />
          <span class="line-name">${linesWords([{ sku, quantity }], name)}</span>
          <span class="number">${price !== undefined && money(price * quantity, currency)}</span>
        </div>`)}
      <${Reasons} why=${why} currency=${currency} />
      <p class="total"><span>${t("cart.total")}</span> <b>${money(total, currency)}</b></p>
      <p class="note">${t(`orders.next.${status}`)}</p>
      <${Slot} place="order" order=${order} />
      ${status === "pending" && html`
        <${Pay} orderId=${order_id} url=${url} title=${t("orders.number", { number })} />`}
    </li>`;
}

export function Orders() {
  const orders = useShopState(({ mine }) => mine.orders);
  const lines = useLines();
  const name = useNames(orders.flatMap(lines), searchCatalogue);
  const newest = orders.toSorted((a, b) => b.at_ms - a.at_ms);
  return html`
    <section aria-label=${t("orders.title")}>
      ${newest.length === 0 && html`<p class="nothing">${t("orders.none")}</p>`}
      <ul>${newest.map((order) => html`
        <${Order} key=${order.order_id} order=${order} lines=${lines(order)} name=${name} />`)}</ul>
    </section>`;
}
