/** The result of a show that is over: sums, a table of its products, pictures, and CSV. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { clock, dayAndTime, money, number, percent, t } from "../../../pages/shared/i18n.js";
import { Charts, Tiles } from "./figures.js";

export function Summary() {
  const desk = useDesk();
  const summary = useDeskState((state) => state.summary);
  const csv = (table) => () => desk.attempt("csv", () =>
    desk.office.save(`summary.csv?table=${table}`, `${table}.csv`));
  return html`
    <section class="summary panel" aria-label=${t("figures.summary")}>
      <div class="row-head">
        <h2>${t("figures.ended")}</h2>
        ${!desk.rehearsal && html`
          <span class="buttons">
            <button type="button" onClick=${csv("products")}>${t("figures.csv_products")}</button>
            <button type="button" onClick=${csv("series")}>${t("figures.csv_series")}</button>
          </span>`}
      </div>
      ${summary && html`
        <p class="note"><${When} summary=${summary} /></p>
        <${Tiles} summary=${summary} />
        <dl class="tiles">
          ${audienceOf(summary).map(([word, value]) => html`
            <div key=${word}><dt>${word}</dt><dd>${value}</dd></div>`)}
        </dl>
        <${Products} summary=${summary} />
        <${Charts} summary=${summary} />`}
    </section>`;
}

function When({ summary: { started_at_ms, ended_at_ms } }) {
  if (started_at_ms === null || ended_at_ms === null) return null;
  const length = clock(Math.floor((ended_at_ms - started_at_ms) / 1000));
  return t("figures.summary_when", { start: dayAndTime(started_at_ms), length });
}

function audienceOf({ viewers_peak, visitors, buyers, likes }) {
  return [
    [t("figures.viewers_peak"), number(viewers_peak)],
    [t("figures.visitors"), visitors === null ? "–" : number(visitors)],
    [t("figures.buyers"), number(buyers)],
    [t("figures.likes"), number(likes)],
  ];
}

function Products({ summary: { products, currency } }) {
  const columns = [
    t("figures.product"), t("figures.shown"), t("figures.looks"), t("console.orders"),
    t("console.units"), t("figures.revenue"), t("figures.conversion"),
  ];
  const row = (p) => [
    clock(Math.floor(p.shown_ms / 1000)), number(p.looks), number(p.orders), number(p.units),
    money(p.revenue, currency), p.looks > 0 ? percent(Math.min(1, p.orders / p.looks)) : "–",
  ];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("figures.products_table")}>
      <table class="products">
        <thead><tr>
          ${columns.map((word) => html`<th key=${word} scope="col">${word}</th>`)}
        </tr></thead>
        <tbody>
          ${products.map((p) => html`
            <tr key=${p.product_id}><th scope="row">${p.title}</th>
              ${row(p).map((value, index) => html`<td key=${index}>${value}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>`;
}
