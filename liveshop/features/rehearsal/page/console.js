/** The way into a rehearsal and back, and the word that it is one. */

import { useDesk } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { RehearsalOffice } from "./office.js";
import { RehearsalShop } from "./shop.js";

function begin(real) {
  const ask = (step) => real.office.rehearse(step);
  const { shop: { state, features }, shop } = real;
  const crowd = () => real.slots.in("crowd");
  const rehearsed = new RehearsalShop(state, shop.now(), ask, features, crowd);
  const rehearsing = real.rehearse(rehearsed, new RehearsalOffice(rehearsed, real));
  rehearsed.onTrouble = (refusal) =>
    rehearsing.say(rehearsing.explain(refusal), { problem: true });
  real.moveTo(rehearsing);
}

/** A rehearsal is thrown away. */
function stop(desk) {
  desk.shop.close();
  desk.close();
  desk.real.moveTo(desk.real);
}

function Word() {
  const desk = useDesk();
  return desk.rehearsal && html`
    <section class="banner calm" aria-label=${t("rehearsal.on")}>
      <strong>${t("rehearsal.on")}</strong>
      <button type="button" class="primary" onClick=${() => stop(desk)}>
        ${t("rehearsal.stop")}</button></section>`;
}

function Start({ kind = "" }) {
  const desk = useDesk();
  const status = useShopState((state) => state.session.status);
  if (desk.rehearsal || !desk.isHost) return null;
  if (status !== "draft" && status !== "scheduled") return null;
  return html`<button type="button" class=${kind} onClick=${() => begin(desk)}>
    ${t("rehearsal.start")}</button>`;
}

export const slots = { banner: Word, practise: Start };
