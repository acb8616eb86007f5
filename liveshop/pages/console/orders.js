/** The orders as they come, by their buyers, and what they sum up to. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { HeldList } from "../shared/held_list.js";
import { html, useState } from "../shared/html.js";
import { money, t, timeOfDay } from "../shared/i18n.js";
import { linesWords, useNames } from "../shared/names.js";
import { Reasons } from "../shared/reasons.js";
import { useShopState } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { byBuyer, matches, numberOf, standing } from "./buyers.js";
import { ORDERS_MAX } from "./order_book.js";

const BUYERS_DRAWN_MAX = 100;
const ORDERS_SHOWN = 3; // of a buyer, until the others are asked for

export function Orders() {
  const desk = useDesk();
  const orders = useDeskState((state) => state.orders);
  const names = useDeskState((state) => state.names);
  const [q, setQ] = useState("");
  const name = useNames(orders.flatMap(({ lines }) => lines), (words) => desk.office.search(words));
  const buyerOf = ({ viewer_id }) => names[viewer_id] || viewer_id;
  const whatOf = ({ lines }) => linesWords(lines, name);
  const sought = q.trim().toLowerCase();
  const groups = byBuyer(orders)
    .filter((group) => !sought || matches(group, sought, buyerOf(group), whatOf))
    .slice(0, BUYERS_DRAWN_MAX);
  return html`
    <section class="orders panel part" data-part="orders" aria-label=${t("console.orders")}>
      <${Totals} />
      ${orders.length >= ORDERS_MAX && html`
        <p class="note">${t("console.orders_newest_only", { n: ORDERS_MAX })}</p>`}
      <div class="orders-tools">
        <input type="search" aria-label=${t("console.orders_search")} value=${q}
          placeholder=${t("console.orders_search")}
          onInput=${(event) => setQ(event.target.value)} />
        <${Slot} place="orders" />
      </div>
      <${HeldList} key=${sought} items=${groups} idOf=${(group) => group.viewer_id} newest="first"
        sizeOf=${(group) => group.orders.length} renew=${standing}
        label=${t("console.orders_newest")}
        empty=${sought ? t("console.orders_none_found") : t("console.orders_empty")}
        row=${(group) => html`
          <${Buyer} group=${group} buyer=${buyerOf(group)} whatOf=${whatOf} />`} />
    </section>`;
}

/** The sums of one source: while the show is on the server's totals, then the summary. */
function Totals() {
  const currency = useShopState((state) => state.session.currency);
  const isOver = useShopState((state) => state.session.status === "ended");
  const stats = useShopState((state) => state.stats);
  const summary = useDeskState((state) => state.summary ?? null);
  const sums = isOver ? summary : stats;
  return html`
    <div class="row-head"><h2>${t("console.orders")}</h2>
      ${sums && html`<span class="number">${t("console.orders_total", {
        n: sums.orders, revenue: money(sums.revenue, currency),
      })}</span>`}</div>
    ${sums && html`<p class="note units-note">${t("console.units_sold", { n: sums.units })}
      ${!isOver && html` · ${t("console.in_carts", { n: sums.held })}`}</p>`}`;
}

function Buyer({ group, buyer, whatOf }) {
  const [whole, setWhole] = useState(false);
  const { orders, units, total, currency } = group;
  const shown = whole ? orders : orders.slice(0, ORDERS_SHOWN);
  const many = orders.length > 1;
  return html`
    <article class="buyer" aria-label=${buyer}>
      <p class="buyer-head">
        <b class="buyer-name"><bdi>${buyer}</bdi></b>
        <span class="note">${t("console.n_units", { n: units })}
          ${many && html` · ${t("console.n_orders", { n: orders.length })}`}</span>
        <span class="number">${money(total, currency)}</span></p>
      ${shown.map((order) => html`
        <${Order} key=${order.order_id} order=${order} buyer=${buyer} what=${whatOf(order)}
          priced=${many} />`)}
      ${shown.length < orders.length && html`
        <button type="button" class="quiet small" onClick=${() => setWhole(true)}
          aria-label=${t("console.orders_all_of", { n: orders.length, name: buyer })}>
          ${t("console.orders_all", { n: orders.length })}</button>`}
    </article>`;
}

const SIGNS = { confirmed: "✓ ", pending: "… ", cancelled: "× ", void: "× ", refunded: "× " };

function Order({ order, buyer, what, priced }) {
  const desk = useDesk();
  const { at_ms, total, currency, status, why } = order;
  const off = status === "cancelled" || status === "refunded" || status === "void";
  const amount = money(total, currency);
  return html`
    <div class=${off ? "order off" : "order"}>
      <span class="what">${what}</span>
      ${(priced || off) && html`<span class="number">${amount}</span>`}
      <${Reasons} why=${why} currency=${currency} />
      <div class="order-foot"><span class="note">
        <span class=${status === "confirmed" ? "good" : ""}>${SIGNS[status]}${
          t(`console.order.${status}`)}</span> ·
        ${" "}<time>${timeOfDay(at_ms)}</time> · ${numberOf(order)}</span>
      <span class="order-buttons">
        <${Slot} place="order" order=${order} buyer=${buyer} />
        ${status === "confirmed" && html`
          <button type="button" class="quiet small"
            aria-label=${t("console.cancel_order_of", { name: buyer })}
            onClick=${() => desk.open("cancel", { order, what: `${buyer}: ${what}, ${amount}` })}>
            ${t("console.cancel")}</button>`}
      </span></div>
    </div>`;
}
