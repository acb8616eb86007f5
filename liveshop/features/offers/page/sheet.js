/** All offers of the show, each with its conditions. */

import { html, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { isNamed, worthOf } from "./terms.js";
import { Conditions, Limits, Take } from "./ticket.js";

/** Say how one comes to it: by a tap, or without doing anything. */
const way = (offer) => (isNamed(offer) ? t("offers.by_taking") : t("offers.of_itself"));

function One({ offer, open }) {
  const session = useShopState((state) => state.session);
  const [said, setSaid] = useState("");
  const worth = worthOf(offer, session.currency);
  return html`
    <li class="offer-row">
      <h3>${worth}</h3>
      ${offer.label !== worth && html`<p><bdi>${offer.label}</bdi></p>`}
      <${Conditions} offer=${offer} session=${session} />
      <p class="note offer-limits"><${Limits} offer=${offer} /></p>
      <p class="note">${way(offer)}</p>
      <${Take} offer=${offer} label=${offer.label} open=${open} tell=${setSaid} />
      <p class="note urgent" role="status">${said}</p>
    </li>`;
}

export function Offers({ open }) {
  const all = useShopState(({ session }) => session.offers) ?? [];
  const offers = all.filter(({ who }) => who !== "code");
  if (offers.length === 0) return html`<p class="nothing">${t("offers.none")}</p>`;
  return html`
    <ul class="offer-rows">${offers.toReversed().map((offer) => html`
      <${One} key=${offer.offer} offer=${offer} open=${open} />`)}</ul>
    <button type="button" class="whole" onClick=${() => open("cart")}>
      ${t("offers.to_cart")}</button>`;
}
