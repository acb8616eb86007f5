/** The last five shows of the shop, this one among them, and how it compares with the others. */

import { useShop } from "../../../pages/shared/shop.js";
import { html } from "../../../pages/shared/html.js";
import { dayAndTime, money, number, percent, t } from "../../../pages/shared/i18n.js";

/** Say how the revenue compares with the average of the shows before; null where there are none. */
export function changeOf({ session_id, revenue, currency, trend = [] }) {
  const before = trend.filter((show) =>
    show.session_id !== session_id && show.currency === currency);
  const average = before.reduce((sum, show) => sum + show.revenue, 0) / before.length;
  if (!(average > 0)) return null;
  const change = revenue / average - 1;
  const share = `${change < 0 ? "−" : "+"}${percent(Math.abs(change))}`;
  return t("figures.trend_change", { n: before.length, share });
}

export function Trend({ summary: { trend = [], currency } }) {
  const shop = useShop();
  if (trend.length === 0) return null;
  const most = Math.max(1, ...trend.map((show) => show.revenue));
  const columns = [
    t("figures.show"), t("figures.revenue"), t("console.orders"), t("figures.sold"),
    t("figures.viewers_peak"),
  ];
  // Bars of different currencies would compare what cannot be compared.
  const isOne = trend.every((show) => show.currency === currency);
  return html`
    <h3>${t("figures.trend")}</h3>
    ${trend.length === 1 ? html`<p class="note">${t("figures.trend_first")}</p>` : html`
      <div class="scroll" tabindex="0" role="region" aria-label=${t("figures.trend")}>
        <table class="trend">
          <thead><tr>
            ${columns.map((word) => html`<th key=${word} scope="col">${word}</th>`)}
          </tr></thead>
          <tbody>
            ${trend.map((show) => html`
              <${Row} key=${show.session_id} show=${show} most=${isOne ? most : null}
                isThis=${show.session_id === shop.sessionId} />`)}
          </tbody>
        </table>
      </div>`}`;
}

function Row({ show, most, isThis }) {
  const { title, started_at_ms, orders, units, revenue, viewers_peak, currency } = show;
  const share = most === null ? 0 : Math.round((revenue / most) * 100);
  return html`
    <tr class=${isThis ? "this" : ""} aria-current=${isThis ? "true" : undefined}>
      <th scope="row"><bdi>${title}</bdi> ${" "}
        <span class="note">${dayAndTime(started_at_ms)}</span></th>
      <td><span class="bar" style=${`--share: ${share}%`}>${money(revenue, currency)}</span></td>
      <td>${number(orders)}</td><td>${number(units)}</td><td>${number(viewers_peak)}</td>
    </tr>`;
}
