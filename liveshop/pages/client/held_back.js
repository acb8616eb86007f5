/**
 * Pins and sale starts wait until the video shows them: it comes later than the events, by some
 * seconds. An end is shown at once, since what has ended can no longer be had.
 */

import { without } from "./state.js";

// A stream that tells a wrong time holds nothing back for good.
const WAIT_MS_MAX = 60_000;

// By the type of an event that waits: the session as it was before it.
const HIDE = {
  "product.pinned": (s, m) => ({ ...s, pinned: s.pinned.filter((id) => id !== m.product_id) }),
  "sale.started": (s, m) => ({ ...s, sales: without(s.sales, "product_id", m.product_id) }),
};

const hideOf = (message, features) =>
  HIDE[message.type] ?? features.find(({ hide }) => hide?.[message.type])?.hide[message.type];

/** Return the list with a message that has to wait added to it. */
export function holdBack(list, message, features) {
  return hideOf(message, features) ? [...list, message] : list;
}

/** Return what is still to wait, when the video is `delayMs` behind. */
export function stillHeld(list, nowMs, delayMs) {
  const due = Math.min(Math.max(delayMs || 0, 0), WAIT_MS_MAX);
  const waiting = list.filter(({ at_ms }) => nowMs < at_ms + due);
  return waiting.length === list.length ? list : waiting;
}

/** Return the session as it was before what is held back. */
export function withheld(session, list, features) {
  if (session === null) return session;
  return list.reduce((before, message) => hideOf(message, features)(before, message), session);
}
