/** Opening an offer from the console, closing it, and changing the order in which it is tried. */

import { t } from "../../../pages/shared/i18n.js";
import { commandOf } from "./command.js";
import { keepCode, plannedOf, replan } from "./planned.js";

const OPEN_MAX = 20;

const openOf = ({ state }) => state.session?.offers ?? [];

export const isFull = ({ offers }) => (offers?.length ?? 0) >= OPEN_MAX;

/**
 * Wait for the offer that a command opens: `name` is promised once it is there, however long that
 * takes, by its event or in a snapshot if the line went meanwhile; `end` gives it up.
 */
function awaited(shop, { kind, label }) {
  const known = new Set(openOf(shop).map(({ offer }) => offer));
  const isOurs = (each) => !known.has(each.offer) && each.kind === kind && each.label === label;
  let end;
  const name = new Promise((resolve) => {
    end = shop.subscribe(() => {
      const ours = openOf(shop).find(isOurs);
      if (!ours) return;
      end();
      resolve(ours.offer);
    });
  });
  return { name, end };
}

/** Open an offer; for a while it can be closed again by one key. Rejects with `Refused`. */
export async function openOffer(desk, command) {
  const { name, end } = awaited(desk.shop, command);
  try {
    await desk.send(command);
  } catch (refusal) {
    end();
    throw refusal;
  }
  name.then((offer) => {
    if (command.who === "code") keepCode(desk.shop, offer, command.code);
    desk.say(t("offers.console.opened_said", { label: command.label }), {
      undo: () => desk.run({ type: "offer.close", offer }),
    });
  });
}

/** Open a planned offer, which is then no longer planned. */
export function openPlanned(desk, place) {
  return desk.attempt("offer.open:", async () => {
    const command = commandOf(plannedOf(desk.shop)[place], desk.shop.state.session);
    await openOffer(desk, command);
    replan(desk.shop, place, null);
  });
}

// A rehearsal prices nothing by offers.
const mayNot = ({ shop, rehearsal }) => rehearsal || isFull(shop.state.session);

/** C: the next planned offer at once, or the form if none is planned. */
export function openNext(desk) {
  if (mayNot(desk)) return;
  if (plannedOf(desk.shop).length > 0) openPlanned(desk, 0);
  else desk.open("offer");
}

/** ⇧C: the form. */
export function askForOne(desk) {
  if (!mayNot(desk)) desk.open("offer");
}

export const close = (desk, { offer, label }) =>
  desk.attempt(`offer.close:${offer}`, () => desk.send({ type: "offer.close", offer }),
    { said: t("offers.console.closed_said", { label }) });

/** Have an offer tried one place earlier or later. */
export function move(desk, offers, from, to) {
  const names = offers.map(({ offer }) => offer);
  names.splice(to, 0, ...names.splice(from, 1));
  return desk.attempt("offers.order:", () => desk.send({ type: "offers.order", offers: names }));
}
