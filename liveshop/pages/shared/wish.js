/** A wish to buy that waits, in this tab, while a viewer without a name is asked for one. */

import { tabStorage } from "../client/storage.js";

const WISH_MS_MAX = 900_000;

const placeOf = ({ sessionId }) => `liveshop:${sessionId}:wish`;

/** Keep a wish in place of any other; null keeps none, so that nothing is bought by surprise. */
export function keepWish(shop, wish) {
  if (wish === null) tabStorage().removeItem(placeOf(shop));
  else tabStorage().setItem(placeOf(shop), JSON.stringify({ ...wish, at_ms: Date.now() }));
}

/** Return the wish that waits, once; null if there is none, or it is too old. */
export function takeWish(shop) {
  const kept = tabStorage().getItem(placeOf(shop));
  if (kept === null) return null;
  keepWish(shop, null);
  const { at_ms, ...wish } = JSON.parse(kept);
  return Date.now() - at_ms < WISH_MS_MAX ? wish : null;
}
