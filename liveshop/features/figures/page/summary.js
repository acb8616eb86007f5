/** The result of a show that is over: its sums, the shows before it, its products, and CSV. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { clock, dayAndTime, money, number, t } from "../../../pages/shared/i18n.js";
import { Chart } from "./chart.js";
import { conversionOf } from "./conversion.js";
import { Trend, changeOf } from "./trend.js";

const NONE = "–";

export function Summary() {
  const desk = useDesk();
  const summary = useDeskState((state) => state.summary);
  const csv = (table) => () => desk.attempt("csv", () =>
    desk.office.save(`summary.csv?table=${table}`, `${table}.csv`));
  return html`
    <section class="summary panel" aria-label=${t("figures.summary")}>
      <div class="row-head">
        <div><h2>${t("figures.ended")}</h2>
          ${summary && html`<p class="note"><${When} summary=${summary} /></p>`}</div>
        ${!desk.rehearsal && html`
          <span class="buttons">
            <button type="button" onClick=${csv("products")}>${t("figures.csv_products")}</button>
            <button type="button" onClick=${csv("series")}>${t("figures.csv_series")}</button>
          </span>`}
      </div>
      ${summary && html`
        <${Sums} summary=${summary} />
        <${Trend} summary=${summary} />
        <${Products} summary=${summary} />
        <${Course} summary=${summary} />`}
    </section>`;
}

function When({ summary: { started_at_ms, ended_at_ms } }) {
  if (started_at_ms === null || ended_at_ms === null) return null;
  const length = clock(Math.floor((ended_at_ms - started_at_ms) / 1000));
  return t("figures.summary_when", { start: dayAndTime(started_at_ms), length });
}

/** The whole show in one picture. */
function Course({ summary: { series, step_ms, sales } }) {
  return html`
    <${Chart} title=${t("figures.course")} series=${series} sales=${sales} stepMs=${step_ms}
      lines=${[
        { label: t("console.orders"), of: (p) => p.orders, colour: "--good", bars: true,
          side: "right" },
        { label: t("figures.chart.viewers"), of: (p) => p.viewers, colour: "--accent" }]} />`;
}

/** Each sum with what it means: all of one summary, so that none is later than another. */
function Sums({ summary }) {
  const { revenue, orders, units, buyers, oversold, currency } = summary;
  const { viewers_peak, viewers_average } = summary;
  const conversion = conversionOf(summary);
  const tiles = [
    { word: t("figures.revenue"), value: money(revenue, currency), means: changeOf(summary) },
    { word: t("console.orders"), value: number(orders),
      means: t("figures.of_buyers", { n: buyers }) },
    { word: t("figures.sold"), value: number(units),
      means: oversold !== undefined && html`<${Oversold} n=${oversold} />` },
    { word: t("figures.conversion"), value: conversion.value, means: conversion.means },
    { word: t("figures.order_average"),
      value: orders > 0 ? money(Math.round(revenue / orders), currency) : NONE },
    { word: t("figures.viewers_peak"), value: number(viewers_peak),
      means: viewers_average != null
        && t("figures.average_of", { n: Math.round(viewers_average) }) },
  ];
  return html`
    <dl class="sums">
      ${tiles.map(({ word, value, means }) => html`
        <div key=${word}><dt>${word}</dt><dd class="sum">${value}</dd>
          ${means && html`<dd class="note">${means}</dd>`}</div>`)}
    </dl>`;
}

function Oversold({ n }) {
  return html`<span class=${n === 0 ? "good" : "urgent"}>${n === 0 ? "✓" : "⚠"} ${" "}
    ${t("figures.oversold", { n })}</span>`;
}

function Products({ summary: { products, currency } }) {
  const columns = [
    t("figures.product"), t("figures.shown"), t("figures.looks"), t("console.orders"),
    t("figures.sold"), t("figures.revenue"),
  ];
  const row = (p) => [
    clock(Math.floor(p.shown_ms / 1000)), number(p.looks), number(p.orders),
    html`<${SoldOf} product=${p} />`, money(p.revenue, currency),
  ];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("figures.products_table")}>
      <table class="products">
        <thead><tr>
          ${columns.map((word) => html`<th key=${word} scope="col">${word}</th>`)}
        </tr></thead>
        <tbody>
          ${products.map((p) => html`
            <tr key=${p.product_id}><th scope="row"><bdi>${p.title}</bdi></th>
              ${row(p).map((value, index) => html`<td key=${index}>${value}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>`;
}

/** How many were sold of those that the show had. */
function SoldOf({ product: { units, allocated } }) {
  if (!allocated) return number(units);
  const share = Math.min(100, Math.round((units / allocated) * 100));
  return html`<span class="bar" style=${`--share: ${share}%`}>
    ${t("figures.sold_of", { n: units, of: allocated })}</span>`;
}
