/** An offer as a ticket: its conditions, how many are left, until when, and what takes it. */

import { html, useState } from "../../../pages/shared/html.js";
import { clock, t, timeOfDay } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useShop, useShopState, useTicked } from "../../../pages/shared/shop.js";
import { useSlot } from "../../../pages/shared/slots.js";
import { sentence } from "../../../pages/shared/words.js";
import { take } from "./kept.js";
import { conditionsOf, isTicket } from "./terms.js";

const GONE = { key: "offers.gone" };
const SPECIAL = {
  not_found: GONE, expired: GONE, conflict: GONE,
  sold_out: { key: "offers.used_up" }, limit: { key: "offers.had" },
};

/** Say why an offer was not taken. */
export function whyNotTaken(refusal, session) {
  const special = SPECIAL[refusal.code];
  return special ? t(special.key) : sentence(refusal, { session });
}

export function Conditions({ offer, session }) {
  return conditionsOf(offer, session).map((words) =>
    html`<p key=${words} class="note">${words}</p>`);
}

/** How many uses are left, and the clock of its beginning or its end; nothing where it has none. */
export function Limits({ offer }) {
  const shop = useShop();
  const { left, state, starts_at_ms, ends_at_ms } = offer;
  const isAnnounced = state === "announced";
  const until = isAnnounced ? starts_at_ms : ends_at_ms;
  const seconds = useTicked(() => (until === undefined ? null : shop.secondsTo(until)));
  return html`
    ${!isAnnounced && left !== undefined && html`
      <span class="offer-left">${t("offers.left", { n: left })}</span>`}
    ${seconds !== null && html`
      <span class="offer-time"><span class=${isAnnounced ? "" : "unseen"}>${
        isAnnounced ? t("offers.starts_in") : t("offers.ends_in")} </span
        ><span class="number" role="timer">${clock(seconds)}</span></span>`}`;
}

/**
 * Take one use of an offer, or say that it is taken; `tell` is told why it was not. A viewer
 * without a name is asked for it, as before a purchase.
 */
export function Take({ offer, label, open, tell }) {
  const shop = useShop();
  const mine = useShopState(({ taken }) => taken[offer.offer]);
  const line = useShopState((state) => state.line);
  const [way] = useSlot("identity");
  const [busy, setBusy] = useState(false);
  if (mine) {
    return html`
      <span class="offer-taken good"><${Icon} name="check" />
        ${t("offers.taken", { time: timeOfDay(mine.expires_at_ms) })}</span>`;
  }
  if (!isTicket(offer) || offer.state === "announced") return null;
  const mayNot = !shop.token && !way;
  const rests = busy || mayNot || offer.left === 0 || line !== "open";
  const onTake = async () => {
    if (rests) return;
    if (!shop.token) return way.begin(shop, open, null);
    setBusy(true);
    const said = await take(shop, { offer: offer.offer }).then(() => "",
      (refusal) => whyNotTaken(refusal, shop.state.session));
    setBusy(false);
    tell(said);
  };
  return html`
    <button type="button" class="primary offer-take" aria-busy=${busy} aria-disabled=${rests}
      aria-label=${t("offers.take_of", { label })} title=${mayNot ? t("buy.needs_link") : undefined}
      onClick=${onTake}>${t("offers.take")}</button>`;
}
