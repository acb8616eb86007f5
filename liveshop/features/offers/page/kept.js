/** The offers that a buyer has taken and wants to use: those that are not unticked, in this tab. */

import { uuid } from "../../../pages/client/uuid.js";
import { watched } from "./watched.js";

export const CODES_MAX = 3;
const unticked = new Set(); // offers, of the one show that a page has
const ticks = watched();
const rids = new Map(); // offer or code → the rid of a take whose outcome is not known

/** Use a taken offer with the next order, or do not. */
export function tick(offer, isTicked) {
  if (isTicked) unticked.delete(offer);
  else unticked.add(offer);
  ticks.tell();
}

const isTicked = (offer) => !unticked.has(offer);

/** Draw the component again when something is ticked or unticked. */
export const useTicks = ticks.useChanges;

/** The names of the offers that an order is made with: as many as the server takes of an order. */
export const codesOf = ({ taken }) => Object.keys(taken).filter(isTicked).slice(0, CODES_MAX);

/**
 * Have a use of an offer kept for this buyer: `of` is `{ offer }`, or `{ code }` as it was typed.
 * Where the outcome is not known, the next try asks for the same one. Rejects with `Refused`.
 */
export async function take(shop, of) {
  const key = of.offer ?? of.code;
  const rid = rids.get(key) ?? uuid();
  rids.set(key, rid);
  try {
    const { offer } = await shop.send({ type: "offer.take", rid, ...of });
    rids.delete(key);
    tick(offer, true);
    return offer;
  } catch (refusal) {
    if (!["unavailable", "offline", "busy"].includes(refusal.code)) rids.delete(key);
    throw refusal;
  }
}
