/** Packing: the orders as files and on paper, after the show and while they come. */

import { useDesk } from "../../../pages/shared/desk.js";
import { html, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Packing } from "./packing.js";
import { SlipButton, Slips, hear } from "./slips.js";

/** The work that begins when a show is over. */
function After() {
  const desk = useDesk();
  const [packing, setPacking] = useState(false);
  if (desk.rehearsal) return null;
  const save = () => desk.attempt("csv", () => desk.office.save("orders.csv", "orders.csv"));
  return html`
    <section class=${packing ? "panel after packing-open" : "panel after"}
      aria-label=${t("fulfilment.title")}>
      <div class="row-head">
        <h2>${t("fulfilment.title")}</h2>
        <span class="buttons">
          <button type="button" class="primary" aria-expanded=${packing}
            onClick=${() => setPacking(!packing)}>${t("fulfilment.packing")}</button>
          <button type="button" onClick=${save}>${t("fulfilment.csv")}</button>
        </span>
      </div>
      ${packing && html`<${Packing} />`}
    </section>`;
}

export const slots = { over: After, orders: Slips, order: SlipButton, hear };
