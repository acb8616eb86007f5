/** The way into a rehearsal and back, and the word that it is one. */

import { useDesk } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { RehearsalOffice } from "./office.js";
import { RehearsalShop } from "./shop.js";

function Word() {
  const desk = useDesk();
  return desk.rehearsal && html`<strong class="rehearsal-word">${t("rehearsal.on")}</strong>`;
}

/** `real` is the desk of the real show; `workAt(desk)` has the console work at another one. */
function Turn({ real, workAt }) {
  const desk = useDesk();
  const status = useShopState((state) => state.session.status);
  const begin = () => {
    const ask = (step) => real.office.rehearse(step);
    const { shop: { state, features }, shop } = real;
    const crowd = () => real.slots.in("crowd");
    const rehearsed = new RehearsalShop(state, shop.now(), ask, features, crowd);
    const rehearsing = real.rehearse(rehearsed, new RehearsalOffice(rehearsed, real));
    rehearsed.onTrouble = (refusal) =>
      rehearsing.say(rehearsing.explain(refusal), { problem: true });
    workAt(rehearsing);
  };
  // A rehearsal is thrown away.
  const stop = () => {
    desk.shop.close();
    desk.close();
    workAt(real);
  };
  if (desk.rehearsal) {
    return html`<button type="button" class="primary" onClick=${stop}>
      ${t("rehearsal.stop")}</button>`;
  }
  if (!desk.isHost || (status !== "draft" && status !== "scheduled")) return null;
  return html`<button type="button" class="quiet" onClick=${begin}>
    ${t("rehearsal.start")}</button>`;
}

export const slots = { header: Word, header_button: Turn };
