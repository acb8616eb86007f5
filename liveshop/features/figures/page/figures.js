/** The figures of a show that is over, and as they went. */

import { html } from "../../../pages/shared/html.js";
import { money, number, percent, t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { Chart } from "./chart.js";

/** The sums: those of the pulse where there are some, the others of the summary. */
export function Tiles({ summary }) {
  const stats = useShopState((state) => state.stats);
  const currency = useShopState((state) => state.session.currency);
  const none = "–";
  const { revenue, orders, units } = stats ?? summary ?? { revenue: 0, orders: 0, units: 0 };
  const { buyers, visitors, viewers_average } = summary ?? {};
  const tiles = [
    [t("figures.revenue"), money(revenue, currency)],
    [t("console.orders"), number(orders)],
    [t("console.units"), number(units)],
    [t("figures.carts"), stats ? number(stats.held) : none],
    [t("figures.average"), viewers_average != null ? number(viewers_average) : none],
    [t("figures.conversion"), visitors ? percent(Math.min(1, buyers / visitors)) : none],
  ];
  return html`
    <dl class="tiles">
      ${tiles.map(([word, value]) => html`
        <div key=${word}><dt>${word}</dt><dd>${value}</dd></div>`)}
    </dl>`;
}

export function Charts({ summary }) {
  const { series, step_ms, sales, currency, currency_digits = 2 } = summary;
  const inCurrency = (value) => money(value, currency);
  const perMinute = (point) => (point.units * 60_000) / step_ms;
  const shape = { series, sales, stepMs: step_ms };
  return html`
    <div class="charts">
      <${Chart} ...${shape} title=${t("figures.chart.viewers")} lines=${[
        { label: t("figures.chart.viewers"), of: (p) => p.viewers, colour: "--accent" },
        { label: t("figures.carts"), of: (p) => p.held, colour: "--sale" }]} />
      <${Chart} ...${shape} title=${t("figures.chart.units")} lines=${[
        { label: t("figures.chart.units"), of: perMinute, colour: "--good", bars: true }]} />
      <${Chart} ...${shape} title=${t("figures.revenue")} write=${inCurrency}
        least=${10 ** currency_digits} lines=${[
        { label: t("figures.revenue"), of: (p) => p.revenue, colour: "--accent", bars: true }]} />
      <${Chart} ...${shape} title=${t("figures.likes")} lines=${[
        { label: t("figures.likes"), of: (p) => p.likes, colour: "--sale" }]} />
    </div>`;
}
