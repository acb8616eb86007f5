/** The orders as they come, and what they sum up to. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { HeldList } from "../shared/held_list.js";
import { html } from "../shared/html.js";
import { money, t, timeToSecond } from "../shared/i18n.js";
import { linesWords, useNames } from "../shared/names.js";
import { useShopState } from "../shared/shop.js";

export function Orders() {
  const session = useShopState((state) => state.session);
  const stats = useShopState((state) => state.stats);
  const orders = useDeskState((state) => state.orders);
  const desk = useDesk();
  const name = useNames(orders.flatMap(({ lines }) => lines), (words) => desk.office.search(words));
  const total = stats && t("console.orders_total", {
    n: stats.orders, revenue: money(stats.revenue, session.currency),
  });
  return html`
    <section class="orders panel part" data-part="orders" aria-label=${t("console.orders")}>
      <div class="row-head"><h2>${t("console.orders")}</h2>
        <span class="number">${total}</span></div>
      ${stats && html`<p class="note">${t("console.units_sold", { n: stats.units })} ·
        ${" "}${t("console.in_carts", { n: stats.held })}</p>`}
      <${HeldList} items=${orders} idOf=${(order) => order.order_id} newest="first"
        label=${t("console.orders_newest")} empty=${t("console.orders_empty")}
        row=${(order) => html`
          <${Order} order=${order} what=${linesWords(order.lines, name)} />`} />
    </section>`;
}

function Order({ order, what }) {
  const desk = useDesk();
  const heard = useDeskState((state) => state.names[order.viewer_id]);
  const name = order.name || heard || order.viewer_id;
  const { at_ms, total, currency, status } = order;
  const off = status === "cancelled" || status === "refunded";
  return html`
    <div class=${off ? "order off" : "order"}>
      <span class="what">${what}</span>
      <span class="number">${money(total, currency)}</span>
      <span class="note">${timeToSecond(at_ms)} · <bdi>${name}</bdi> ·
        ${" "}${status === "confirmed" ? "✓ " : ""}${t(`console.order.${status}`)}</span>
      ${status === "confirmed" && html`
        <button type="button" class="quiet small"
          aria-label=${t("console.cancel_order_of", { name })}
          onClick=${() => desk.open("cancel", { order, what })}>${t("console.cancel")}</button>`}
    </div>`;
}
