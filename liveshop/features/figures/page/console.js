/** The figures in the console: during the show, on its products' cards, and when it is over. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { money, t } from "../../../pages/shared/i18n.js";
import { Figures } from "./figures.js";
import { Summary } from "./summary.js";

function Earned({ session, product }) {
  const desk = useDesk();
  const line = useDeskState((state) =>
    state.summary?.products.find((p) => p.product_id === product.product_id));
  if (!desk.isHost || !line) return null;
  return html`<p class="note">${t("figures.earned", {
    n: line.units, revenue: money(line.revenue, session.currency),
  })}</p>`;
}

export const slots = { middle: Figures, card: Earned, over: Summary, read: "summary" };
