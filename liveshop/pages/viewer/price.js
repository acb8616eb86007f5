/** The price, how long it holds, and how many units there are: the three lines that decide. */

import { html } from "../shared/html.js";
import { clock, money, percent, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";

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

/** The seconds of a sale's clock, announced or running; null when there is none. */
function useSeconds(sale) {
  const shop = useShop();
  const running = useTicked(() => sale !== null && shop.now() >= sale.starts_at_ms);
  const until = running ? sale?.ends_at_ms : sale?.starts_at_ms;
  const seconds = useTicked(() => (sale === null ? null : shop.secondsTo(until)));
  return { running, seconds };
}

/** The flash sale's clock, for the variants that have a price in it. */
export function SaleClock({ productId, variant }) {
  const sale = useShopState(({ sales }) => sales[productId] ?? null);
  const { running, seconds } = useSeconds(sale);
  const price = sale?.prices[variant.sku];
  if (price === undefined || (running && seconds === 0)) return null;
  const off = percent(Math.round(100 * (1 - price / variant.price)) / 100);
  return html`
    <p class="sale-clock ${running ? "running" : "announced"}">
      <span class="pill"><${Icon} name="bolt" />−${off}</span>
      <span>${running ? t("sale.ends_in") : t("sale.starts_in")}
        ${" "}<span class="number" role="timer">${clock(seconds)}</span></span>
    </p>`;
}
