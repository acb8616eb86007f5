/** Offers in the console: what is open and how it goes, what is planned, and the keys. */

import { Action, Opener, useMay } from "../../../pages/shared/action.js";
import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { money, t } from "../../../pages/shared/i18n.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";
import { commandOf } from "./command.js";
import { figuresOf } from "./figures.js";
import { OfferForm } from "./form.js";
import { askForOne, close, isFull, move, openNext, openPlanned } from "./open.js";
import { codeOf, plannedOf, replan, usePlans } from "./planned.js";
import { worthOf } from "./terms.js";
import { Conditions, Limits } from "./ticket.js";
import { TryCart } from "./try.js";

function Moves({ offers, place, label }) {
  const desk = useDesk();
  if (offers.length < 2) return null;
  const to = (at, words, of) => html`
    <${Action} does="offers.order" words=${words} label=${of} kind="small"
      whyNot=${at < 0 || at >= offers.length ? t("offers.console.at_end") : null}
      onAct=${() => move(desk, offers, place, at)} />`;
  return html`${to(place - 1, "↑", t("offers.console.earlier", { label }))}
    ${to(place + 1, "↓", t("offers.console.later", { label }))}`;
}

function Open({ offer, offers, place }) {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  usePlans();
  const { label } = offer;
  const code = offer.code ?? (desk.isHost ? codeOf(desk.shop, offer.offer) : undefined);
  const worth = worthOf(offer, session.currency);
  return html`
    <li class="offer-open">
      <div class="offer-head"><h3><bdi>${label}</bdi></h3>
        <span class="offer-limits"><${Limits} offer=${offer} /></span>
        <span class="buttons">
          <${Moves} offers=${offers} place=${place} label=${label} />
          <${Action} does=${`offer.close:${offer.offer}`} words=${t("offers.console.close")}
            label=${t("offers.console.close_of", { label })} kind="small"
            onAct=${() => close(desk, offer)} /></span></div>
      <p>${label !== worth && html`<b>${worth}</b>`}
        ${code && html` <code>${code}</code>`}
        ${offer.who === "code" && html`${" "}
          <span class="note">${t("offers.console.secret")}</span>`}</p>
      <${Conditions} offer=${offer} session=${session} />
      ${desk.isHost && html`<${Figures} offer=${offer} currency=${session.currency} />`}
    </li>`;
}

/** The orders with an offer so far, of those that the console knows. */
function Figures({ offer, currency }) {
  const known = useDeskState((state) => state.orders);
  const { orders, discount } = figuresOf(known, offer.offer);
  return html`
    <p class="note">${t("offers.console.figures", {
      n: orders, discount: money(discount, currency) })}</p>`;
}

/** The offers that are announced or open, in the order in which a cart tries them. */
function Offers() {
  const desk = useDesk();
  const offers = useShopState(({ session }) => session.offers);
  const canTry = useShopState(({ session }) => session.shelf.length > 0);
  if (!offers?.length) return null;
  return html`
    <section class="panel offers" aria-label=${t("offers.title")}>
      <div class="run-head"><h2>${t("offers.title")}</h2>
        ${canTry && desk.isHost && !desk.rehearsal && html`<span class="buttons">
          <button type="button" onClick=${() => desk.open("offer-try")}>
            ${t("offers.console.try")}</button></span>`}</div>
      <ol>${offers.map((offer, place) => html`
        <${Open} key=${offer.offer} offer=${offer} offers=${offers} place=${place} />`)}</ol>
    </section>`;
}

function worthOfPlan(form, session) {
  try {
    const command = commandOf(form, session);
    return { label: command.label, worth: worthOf(command, session.currency) };
  } catch (fault) {
    return { label: form.label || t(`offers.form.kind_${form.kind}`), worth: fault.message };
  }
}

function Planned({ form, place }) {
  const desk = useDesk();
  const shop = useShop();
  const session = useShopState((state) => state.session);
  const { label, worth } = worthOfPlan(form, session);
  return html`
    <li class="run-offer">
      <span class="run-words"><bdi class="title clamp">${label}</bdi>
        ${label !== worth && html`<span class="note">${worth}</span>`}</span>
      <span class="buttons">
        <${Action} does="offer.open" words=${t("offers.console.open")} kind="small"
          label=${t("offers.console.open_of", { label })} shown=${place === 0 ? "C" : null}
          whyNot=${isFull(session) ? t("offers.console.full") : null}
          onAct=${() => openPlanned(desk, place)} />
        <button type="button" class="quiet small"
          aria-label=${t("offers.console.change_of", { label })}
          onClick=${() => desk.open("offer", { planning: true, place, offer: form })}>
          ${t("offers.console.change")}</button>
        <button type="button" class="quiet small"
          aria-label=${t("offers.console.drop_of", { label })}
          onClick=${() => replan(shop, place, null)}>${t("offers.console.drop")}</button>
      </span>
    </li>`;
}

/** In the run of show: the offers that are planned, the next one first. */
function Plans() {
  const desk = useDesk();
  const shop = useShop();
  usePlans();
  if (!desk.isHost || desk.rehearsal) return null;
  const forms = plannedOf(shop);
  return html`
    <section class="run-offers" aria-label=${t("offers.console.planned")}>
      <div class="run-head"><h3>${t("offers.console.planned")}</h3>
        <span class="buttons"><button type="button"
          onClick=${() => desk.open("offer", { planning: true })}>
          ${t("offers.console.plan")}</button></span></div>
      <ol>${forms.map((form, place) => html`
        <${Planned} key=${`${place}${form.label}`} form=${form} place=${place} />`)}</ol>
    </section>`;
}

/** On the card of what is on air: the next offer, or a new one. */
function New() {
  const desk = useDesk();
  const shop = useShop();
  usePlans();
  const may = useMay("offer.open");
  const full = useShopState(({ session }) => isFull(session));
  const isNext = plannedOf(shop).length > 0;
  return may && !desk.rehearsal && html`
    <${Opener} does="offer.open" dialog="offer" words=${t("offers.console.new")}
      shown=${isNext ? "⇧C" : "C"} label=${t("offers.form.title")}
      whyNot=${full ? t("offers.console.full") : null} />`;
}

export const slots = {
  middle: Offers,
  run: Plans,
  action: New,
  dialog: [
    { kind: "offer", Content: OfferForm }, { kind: "offer-try", Content: TryCart },
  ],
  key: [
    { shown: "C", key: "offers.console.help", press: "c", does: "offer.open", act: openNext },
    { shown: "⇧C", key: "offers.form.title", press: "Shift+c", does: "offer.open",
      act: askForOne },
  ],
};
