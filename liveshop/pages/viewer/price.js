/** The price, and how long it holds: the lines that decide. */

import { html } from "../shared/html.js";
import { clock, money, percent, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { useRoll } from "./motion.js";

const HURRY_S = 10;
const begun = new Map(); // product → the sale that this page has seen begin, and its units then

/** The price that holds, and the higher one it is compared with. */
export function Price({ offer, currency }) {
  const { price, was, sale } = offer;
  const words = money(price, currency);
  const shown = useRoll(words);
  return html`
    <p class=${sale ? "prices on-sale" : "prices"}>
      <strong class="price"><span ref=${shown}>${words}</span></strong>
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

/** Note how many units a sale begins with: later the server only says how many are left. */
export function followSales(shop) {
  shop.subscribe((_, message) => {
    if (message?.type === "sale.started") begun.set(message.product_id, message);
  });
}

/** How many units of a sale are left, of how many if this page has seen the sale begin. */
function UnitsLeft({ sale }) {
  const { left, product_id, starts_at_ms } = sale;
  if (left === null) return null;
  const first = begun.get(product_id);
  const units = first?.starts_at_ms === starts_at_ms ? first.left : 0;
  const words = units > left ? t("sale.left_of", { n: left, units }) : t("sale.left", { n: left });
  return html`<span class="sale-left">${words}</span>`;
}

/** The flash sale of a variant that has a price in it: how much off, what is left, its clock. */
export function SaleBand({ productId, variant }) {
  const sale = useShopState(({ sales }) => sales[productId] ?? null);
  const { running, seconds } = useSeconds(sale);
  const price = sale?.prices[variant.sku];
  if (price === undefined || (running && seconds === 0)) return null;
  const off = percent(Math.round(100 * (1 - price / variant.price)) / 100);
  const whole = sale.ends_at_ms - sale.starts_at_ms;
  const share = running ? Math.min(1, (seconds * 1000) / whole) : 1;
  const looks = ["sale-band", running ? "running" : "announced", seconds <= HURRY_S && "hurry"];
  return html`
    <div class=${looks.filter(Boolean).join(" ")} style=${`--drained: ${share}`}>
      <b class="sale-off"><${Icon} name="bolt" filled />${t("sale.off", { off })}</b>
      ${running && html`<${UnitsLeft} sale=${sale} />`}
      <span class="sale-time"><span class=${running ? "unseen" : ""}>${
        running ? t("sale.ends_in") : t("sale.starts_in")} </span
        ><span class="number" role="timer">${clock(seconds)}</span></span>
    </div>`;
}
