/** The figures during the show: a line of sums, and a picture of the last quarter of an hour. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { money, number, t } from "../../../pages/shared/i18n.js";
import { useShop, useShopState, useTicked } from "../../../pages/shared/shop.js";
import { Chart } from "./chart.js";
import { conversionOf } from "./conversion.js";

const MINUTE_MS = 60_000;
const SHOWN_MS = 15 * MINUTE_MS;
const SHOWN_MS_MIN = 5 * MINUTE_MS; // else a first minute is one bar as wide as all
const RATE_MS = 5 * MINUTE_MS;
const DRAWN_EVERY_MS = 5_000;
const PINS_KEPT = 200;

export function Strip() {
  const desk = useDesk();
  const summary = useDeskState((state) => state.summary ?? null);
  if (!desk.isHost) return null;
  const isOn = summary !== null && summary.started_at_ms !== null;
  return html`
    <section class="figures" aria-label=${t("figures.title")}>
      <${Sums} summary=${summary} />
      ${isOn && html`<${Now} summary=${summary} />`}
    </section>`;
}

/** The revenue of a minute, on average over the last five or as long as the show is on. */
function perMinute({ series, started_at_ms }, nowMs) {
  const since = Math.max(nowMs - RATE_MS, started_at_ms);
  const sum = series.filter((point) => point.at_ms >= since)
    .reduce((total, { revenue }) => total + revenue, 0);
  return Math.round(sum / Math.max(1, (nowMs - since) / MINUTE_MS));
}

// A token for one show is told of no other; a rehearsal has none before it.
const isSaid = (value) => value !== undefined && value !== null;

function Sums({ summary }) {
  const shop = useShop();
  const stats = useShopState((state) => state.stats);
  const currency = useShopState((state) => state.session.currency);
  const none = "–";
  const { revenue, held } = stats ?? { revenue: summary?.revenue ?? 0, held: null };
  const isOn = summary !== null && summary.started_at_ms !== null;
  const tiles = [
    [t("figures.revenue"), money(revenue, currency)],
    [t("figures.per_minute"), isOn ? money(perMinute(summary, shop.now()), currency) : none],
    [t("figures.carts"), held === null ? none : number(held)],
    [t("figures.conversion"), summary ? conversionOf(summary).value : none],
    [t("figures.returning"), isSaid(summary?.returning) ? number(summary.returning) : none],
  ];
  return html`
    <dl class="strip">
      ${tiles.map(([word, value]) => html`
        <div key=${word}><dt>${word}</dt><dd>${value}</dd></div>`)}
    </dl>`;
}

/** The instants at which something was pinned while this page is open. */
function usePins() {
  const shop = useShop();
  const [pins, setPins] = useState([]);
  useEffect(() => shop.subscribe((state, message) => {
    if (message?.type !== "product.pinned") return;
    setPins((known) => [...known, message.at_ms].slice(-PINS_KEPT));
  }), [shop]);
  return pins;
}

/** The sales until now: those that run as the session has them, the others as the figures do. */
function allSales(running, before) {
  const isRunning = ({ product_id, starts_at_ms }) => running.some((sale) =>
    sale.product_id === product_id && sale.starts_at_ms === starts_at_ms);
  return [...before.filter((sale) => !isRunning(sale)), ...running];
}

function Now({ summary: { series, step_ms, sales: before, started_at_ms } }) {
  const shop = useShop();
  const sales = allSales(useShopState(({ session }) => session.sales), before);
  const pins = usePins();
  const now = useTicked(() => Math.floor(shop.now() / DRAWN_EVERY_MS) * DRAWN_EVERY_MS);
  const from = Math.max(Math.min(started_at_ms, now - SHOWN_MS_MIN), now - SHOWN_MS);
  const span = { from, to: now };
  const seen = series.filter((point) => point.at_ms + step_ms >= span.from && point.at_ms <= now);
  return html`
    <${Chart} title=${t("figures.now")} series=${seen} sales=${sales} pins=${pins} span=${span}
      stepMs=${step_ms} lines=${[
        { label: t("console.orders"), of: (p) => p.orders, colour: "--good", bars: true,
          side: "right" },
        { label: t("figures.chart.viewers"), of: (p) => p.viewers, colour: "--accent" }]} />`;
}
