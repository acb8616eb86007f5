/** The orders of a show that is over, as a file for a spreadsheet. */

import { useDesk } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

function Export() {
  const desk = useDesk();
  if (desk.rehearsal) return null;
  const save = () => desk.attempt("csv", () => desk.office.save("orders.csv", "orders.csv"));
  return html`
    <section class="panel" aria-label=${t("fulfilment.title")}>
      <div class="row-head">
        <h2>${t("fulfilment.title")}</h2>
        <button type="button" onClick=${save}>${t("fulfilment.csv")}</button>
      </div>
    </section>`;
}

export const slots = { over: Export };
