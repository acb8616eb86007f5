/** What it costs, for how long, and how many there are: the three lines that decide. */

import { html } from "../shared/html.js";
import { clock, money, percent, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useTick } from "../shared/shop.js";

export const FEW = 5;

export function leftWords(left) {
  if (left === 0) return t("left.none");
  return left <= FEW ? t("left.few", { n: left }) : t("left.many", { n: left });
}

/** The price that holds, and the higher one it is compared with. */
export function Price({ offer, currency }) {
  const { price, was, sale } = offer;
  return html`
    <p class=${sale ? "prices on-sale" : "prices"}>
      <strong class="price">${money(price, currency)}</strong>
      ${was !== null && html` <s><span class="unseen">${t("price.before")} </span
        >${money(was, currency)}</s>`}
    </p>`;
}

/** The flash sale's clock, announced or running; its line keeps its height when there is none. */
export function SaleClock({ session, product, sku }) {
  const shop = useShop();
  useTick();
  const nowMs = shop.now();
  const sale = session.sales.find((s) => s.product_id === product.product_id);
  if (!sale || !(sku in sale.prices) || nowMs >= sale.ends_at_ms) return null;
  const running = nowMs >= sale.starts_at_ms;
  const seconds = shop.secondsTo(running ? sale.ends_at_ms : sale.starts_at_ms);
  const price = product.variants.find((v) => v.sku === sku).price;
  const off = percent(Math.round(100 * (1 - sale.prices[sku] / price)) / 100);
  return html`
    <p class="sale-clock ${running ? "running" : "announced"}">
      <span class="pill"><${Icon} name="bolt" />−${off}</span>
      <span>${running ? t("sale.ends_in") : t("sale.starts_in")}
        ${" "}<span class="number" role="timer">${clock(seconds)}</span></span>
    </p>`;
}
