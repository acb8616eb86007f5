/** The packing list: what has to be fetched, then a parcel a buyer, on the screen and on paper. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { dayAndTime, money, t } from "../../../pages/shared/i18n.js";
import { useShop } from "../../../pages/shared/shop.js";

export function Packing() {
  const desk = useDesk();
  const shop = useShop();
  const [list, setList] = useState(null);
  const [readAtMs, setReadAtMs] = useState(0);
  const read = () => desk.attempt("packing", async () => {
    setList(await desk.office.read("packing"));
    setReadAtMs(shop.now());
  });
  useEffect(() => {
    read();
  }, []);
  if (list === null) return html`<p class="note">${t("fulfilment.reading")}</p>`;
  const { title, totals, currency, buyers, lines } = list;
  return html`
    <div class="buttons off-paper">
      <button type="button" onClick=${() => print()}>${t("fulfilment.print")}</button>
      <button type="button" onClick=${read}>${t("fulfilment.read_again")}</button>
    </div>
    <article class="packing" aria-label=${t("fulfilment.packing")}>
      <header>
        <h3><bdi>${title}</bdi></h3>
        <p>${t("fulfilment.n_parcels", { n: totals.buyers })} ·
          ${" "}${t("console.n_orders", { n: totals.orders })} ·
          ${" "}${t("console.n_units", { n: totals.units })} ·
          ${" "}${money(totals.revenue, currency)}</p>
        <p class="note">${t("fulfilment.as_of", { time: dayAndTime(readAtMs) })}</p>
      </header>
      ${buyers.length === 0 ? html`<p class="empty">${t("fulfilment.nothing")}</p>` : html`
        <section class="parcel"><h4>${t("fulfilment.fetch")}</h4>
          <${Lines} lines=${lines} /></section>
        ${buyers.map((parcel) => html`
          <${Parcel} key=${parcel.viewer_id} parcel=${parcel} currency=${currency} />`)}`}
    </article>`;
}

function Parcel({ parcel, currency }) {
  const { viewer_id, name, orders, units, total, lines } = parcel;
  const heard = useDeskState((state) => state.names[viewer_id]);
  const numbers = orders.map(({ order_id }) => order_id.slice(0, 8)).join(", ");
  return html`
    <section class="parcel">
      <h4><bdi>${name || heard || viewer_id}</bdi></h4>
      <p class="note">${t("fulfilment.orders_of", { n: orders.length, numbers })} ·
        ${" "}${t("console.n_units", { n: units })} · ${money(total, currency)}</p>
      <${Lines} lines=${lines} />
    </section>`;
}

/** A line for each thing, in the order of the shelf, with a box to tick. */
function Lines({ lines }) {
  return html`
    <ul class="packed">
      ${lines.map(({ sku, image, number, title, label, quantity }) => html`
        <li key=${sku}>
          <span class="tick" aria-hidden="true"></span>
          ${image ? html`<img src=${image} alt="" width="48" height="48" />`
            : html`<span class="no-picture" aria-hidden="true"></span>`}
          <b class="quantity">${quantity} ×</b> ${" "}
          <span>${number !== null && html`<span class="note">${number} · </span>`}
            <bdi>${title}</bdi>${label && html`, <b><bdi>${label}</bdi></b>`}
            <span class="note packed-sku">${sku}</span></span>
        </li>`)}
    </ul>`;
}
