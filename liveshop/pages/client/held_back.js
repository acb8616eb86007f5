/**
 * Pins and sale starts wait until the video shows them: it comes later than the events, by some
 * seconds. An end is shown at once, since what has ended can no longer be had.
 */

const WAIT_MS_MAX = 60_000; // a stream that tells a wrong time holds nothing back for good

const FROM_EVENT = {
  "product.pinned": (m) => ({ what: "pinned", product_id: m.product_id, at_ms: m.at_ms }),
  "sale.started": (m) => ({ what: "sales", product_id: m.product_id, at_ms: m.at_ms }),
};

/** Return the list with what a message adds to it. */
export function holdBack(list, message) {
  const entry = FROM_EVENT[message.type]?.(message);
  return entry ? [...list, entry] : list;
}

/** Return what is still to wait, when the video is `delayMs` behind. */
export function stillHeld(list, nowMs, delayMs) {
  const due = Math.min(Math.max(delayMs || 0, 0), WAIT_MS_MAX);
  const waiting = list.filter(({ at_ms }) => nowMs < at_ms + due);
  return waiting.length === list.length ? list : waiting;
}

/** Return the session as it was before what is held back. */
export function withheld(session, list) {
  if (session === null || list.length === 0) return session;
  const waits = (what, id) => list.some((e) => e.what === what && e.product_id === id);
  return {
    ...session,
    pinned: session.pinned.filter((id) => !waits("pinned", id)),
    sales: session.sales.filter((sale) => !waits("sales", sale.product_id)),
  };
}
