/** Over the video: the offer to take or to know of just now, and the way to the others. */

import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { number, t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { isTicket, worthOf } from "./terms.js";
import { Limits, Take } from "./ticket.js";

/** The offer that is shown: the newest to be taken, else the newest that was, else the newest. */
export function shownOf(offers, taken) {
  const shown = offers.filter(({ who }) => who !== "code");
  const isFree = (each) =>
    isTicket(each) && each.state === "open" && each.left !== 0 && !(each.offer in taken);
  return shown.findLast(isFree) ?? shown.findLast(({ offer }) => offer in taken)
    ?? shown.at(-1) ?? null;
}

/** Say to those who cannot see it that there is an offer; not what is left of it. */
function Said({ offer, worth }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (offer) setSaid(t("offers.said", { worth, label: offer.label }));
  }, [offer?.offer]);
  return html`<p class="unseen" aria-live="polite">${said}</p>`;
}

/** One line over the video; nothing moves when it comes or goes. */
export function Ticket({ open }) {
  const offers = useShopState(({ session }) => session.offers) ?? [];
  const currency = useShopState(({ session }) => session.currency);
  const taken = useShopState((state) => state.taken);
  const [refusal, setRefusal] = useState({ of: null, words: "" });
  const offer = shownOf(offers, taken);
  const worth = offer && worthOf(offer, currency);
  const others = offers.filter(({ who }) => who !== "code").length - 1;
  return html`
    <section class="offers" aria-label=${t("offers.title")}>
      ${offer && html`
        <div class="offer-ticket">
          <button type="button" class="offer-words" onClick=${() => open("offers")}>
            <${Icon} name="bolt" filled /> <b class="one-line">${worth}</b>
            ${others > 0 && html`<span class="tag">+${number(others)}</span>`}
            <span class="unseen">, ${t("offers.about_of", { label: offer.label })}</span></button>
          <span class="offer-limits"><${Limits} offer=${offer} /></span>
          <${Take} key=${offer.offer} offer=${offer} label=${offer.label} open=${open}
            tell=${(words) => setRefusal({ of: offer.offer, words })} />
        </div>`}
      <p class="offer-said" role="status">${offer?.offer === refusal.of ? refusal.words : ""}</p>
      <${Said} offer=${offer} worth=${worth} />
    </section>`;
}
