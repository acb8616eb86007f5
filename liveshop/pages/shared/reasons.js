/** Why an order costs what it does: each offer that changed its sum, as the server told them. */

import { html } from "./html.js";
import { money, t } from "./i18n.js";

const KINDS = new Set(["lines", "codes", "gifts", "delivery"]);

/**
 * The reasons with their amounts: the prices of the lines and these together are the total. One
 * without an amount takes nothing off the goods.
 */
export function Reasons({ why = [], currency }) {
  if (why.length === 0) return null;
  return html`
    <ul class="reasons" aria-label=${t("reasons.title")}>
      ${why.map(({ stage, offer, label, amount }) => html`
        <li key=${`${stage}${offer}`}>
          <span><bdi>${label}</bdi> ${KINDS.has(stage) && html`
            <span class="note">${t(`reasons.of.${stage}`)}</span>`}</span>
          <span class="number">${
            amount === 0 ? t("reasons.noted") : money(amount, currency)}</span>
        </li>`)}
    </ul>`;
}
