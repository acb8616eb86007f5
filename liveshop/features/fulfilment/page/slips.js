/** Slips, a piece of paper for each order: printed as orders come, or by their buttons. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { SlipPrinter } from "./slip_printer.js";

const printers = new WeakMap(); // by desk

function printerOf(desk) {
  if (!printers.has(desk)) printers.set(desk, new SlipPrinter(desk));
  return printers.get(desk);
}

/** After a reload the slips of the orders that came meanwhile are printed, too. */
export function hear(desk, { type }) {
  if (type === "welcome" && desk.isHost && !desk.rehearsal) printerOf(desk).resume();
}

const isSold = ({ status }) => status === "confirmed";

/** Above the orders: the switch, and the newest slip once more. */
export function Slips() {
  const desk = useDesk();
  const isOn = useDeskState((state) => state.slips ?? false);
  const newest = useDeskState((state) => state.orders.find(isSold) ?? null);
  if (desk.rehearsal) return null;
  const printer = printerOf(desk);
  return html`
    <div class="slips">
      <button type="button" class="small" aria-pressed=${isOn} onClick=${() => printer.turn(!isOn)}>
        ${t("fulfilment.slips_live")}</button>
      <button type="button" class="small" aria-disabled=${newest === null}
        onClick=${() => newest && printer.print(newest)}>${t("fulfilment.slip_newest")}</button>
    </div>`;
}

export function SlipButton({ order, buyer }) {
  const desk = useDesk();
  if (desk.rehearsal || !isSold(order)) return null;
  return html`
    <button type="button" class="quiet small"
      aria-label=${t("fulfilment.slip_of", { name: buyer })}
      onClick=${() => printerOf(desk).print(order)}>${t("fulfilment.slip")}</button>`;
}
