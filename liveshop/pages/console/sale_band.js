/** The band of a sale: how much off, what of it is sold, and how long it still runs. */

import { html } from "../shared/html.js";
import { clock, money, t } from "../shared/i18n.js";
import { useShop, useShopState, useTick } from "../shared/shop.js";
import { unitsLeft, useAllocated } from "./show.js";

const LAST_SECONDS = 10;

/** The clock is the viewers': the same instant, the server's time, the same rounding. */
export function SaleBand({ session, sale, product }) {
  const shop = useShop();
  useTick();
  const ahead = sale.starts_at_ms > shop.now();
  const seconds = shop.secondsTo(ahead ? sale.starts_at_ms : sale.ends_at_ms);
  const whole = sale.ends_at_ms - sale.starts_at_ms;
  const share = ahead ? 1 : Math.max(0, (sale.ends_at_ms - shop.now()) / whole);
  return html`
    <div class=${seconds <= LAST_SECONDS && !ahead ? "sale-band last" : "sale-band"}>
      <strong>⚡ ${t("console.flash_sale")} <bdi><${Off} sale=${sale} product=${product}
        currency=${session.currency} /></bdi></strong>
      <${Sold} sale=${sale} product=${product} />
      <span class="sale-clock" role="timer"
        aria-label=${ahead ? t("console.sale_begins") : t("console.sale_ends")}>
        ${ahead && html`<small>${t("console.in")}</small> `}${clock(seconds)}</span>
      <span class="sale-bar" aria-hidden="true" style=${`--share: ${share * 100}%`}></span>
    </div>`;
}

function Off({ sale, product, currency }) {
  const first = product.variants.find((v) => v.sku in sale.prices);
  if (!first) return null;
  const off = Math.round((1 - sale.prices[first.sku] / first.price) * 100);
  return off > 0 ? `−${off} %` : money(sale.prices[first.sku], currency);
}

/** Return how many units of a product are sold, or null until the totals were divided. */
const soldOf = ({ stats }, productId) => {
  if (!stats || (stats.orders > 0 && Object.keys(stats.products ?? {}).length === 0)) return null;
  return stats.products?.[productId]?.sold ?? 0;
};

/** The units sold of those that the show has, those in carts, and those the sale has left. */
function Sold({ sale, product }) {
  const allocated = useAllocated(product.product_id);
  const sold = useShopState((state) => soldOf(state, product.product_id));
  const known = allocated !== null && sold !== null;
  const inCarts = known ? Math.max(0, allocated - sold - unitsLeft(product)) : 0;
  const parts = [
    known && t("console.sold_of", { sold, units: allocated }),
    inCarts > 0 && t("console.in_carts", { n: inCarts }),
    sale.left !== null && t("console.sale_left", { n: sale.left }),
  ];
  return html`<span class="sale-sold">${parts.filter(Boolean).join(" · ")}</span>`;
}
