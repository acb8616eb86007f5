/** The figures in the console: during the show, on its products' cards, and when it is over. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { money, t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { Strip } from "./strip.js";
import { Summary } from "./summary.js";

const NOTHING = { sold: 0, revenue: 0 };

/** The sums of the message that has the totals, so that they agree; at first the summary's. */
function Earned({ session, product }) {
  const desk = useDesk();
  const now = useShopState(({ stats }) =>
    (isSome(stats?.products) ? stats.products[product.product_id] ?? NOTHING : null));
  const line = useDeskState((state) =>
    state.summary?.products.find((p) => p.product_id === product.product_id));
  const { sold, revenue } = now ?? { sold: line?.units, revenue: line?.revenue };
  if (!desk.isHost || sold === undefined) return null;
  return html`<p class="note">${t("figures.earned", {
    n: sold, revenue: money(revenue, session.currency),
  })}</p>`;
}

const isSome = (products) => products !== undefined && Object.keys(products).length > 0;

export const slots = { middle: Strip, card: Earned, over: Summary, read: "summary" };
