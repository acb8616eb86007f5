/** The changes that the offers' messages make: what is open, what is left, what one has taken. */

import { without } from "../../../pages/client/state.js";

const PAST_MAX = 20;

export const initial = { taken: {} };

export const begun = { offers: [] };

/** Return the session with the offers that `change` makes of those that there are. */
const changed = (session, change) => ({ ...session, offers: change(session.offers ?? []) });

const changeOne = (session, name, fields) => changed(session, (offers) =>
  offers.map((each) => (each.offer === name ? { ...each, ...fields } : each)));

function opened(session, { type, offset, at_ms, ...offer }) {
  const state = offer.starts_at_ms === undefined ? "open" : "announced";
  const made = { ...offer, state, ...(offer.units !== undefined && { left: offer.units }) };
  return changed(session, (offers) => [...without(offers, "offer", offer.offer), made]);
}

const takenAway = (session, { offer }) =>
  changed(session, (offers) => without(offers, "offer", offer));

/** A closed offer is remembered by its words: a use that was taken of it stays good. */
function closed(session, { offer }) {
  const about = (session.offers ?? []).filter((each) => each.offer === offer);
  const past = [...session.offers_past ?? [], ...about].slice(-PAST_MAX);
  return { ...takenAway(session, { offer }), offers_past: past };
}

/** All offers in their new order; one that is not known here is in a later message. */
const ordered = (session, { offers: names }) => changed(session, (offers) =>
  names.flatMap((name) => offers.find(({ offer }) => offer === name) ?? []));

function counted(session, { offers: left }) {
  if (!left || !session.offers) return session;
  const differs = ({ offer, left: before }) => offer in left && left[offer] !== before;
  if (!session.offers.some(differs)) return session;
  return changed(session, (offers) => offers.map((each) =>
    (differs(each) ? { ...each, left: left[each.offer] } : each)));
}

export const onSession = {
  "offer.opened": opened,
  "offer.started": (session, { offer }) => changeOne(session, offer, { state: "open" }),
  "offer.closed": closed,
  "offers.ordered": ordered,
  pulse: counted,
};

/** Return the state without the use that was kept under a rid. */
function gone(state, { rid }) {
  const kept = Object.entries(state.taken).filter(([, each]) => each.rid !== rid);
  if (kept.length === Object.keys(state.taken).length) return state;
  return { ...state, taken: Object.fromEntries(kept) };
}

const takenOf = ({ rid, expires_at_ms }) => ({ rid, expires_at_ms });

export const onState = {
  welcome: (state, { taken = [] }) => ({
    ...state, taken: Object.fromEntries(taken.map((each) => [each.offer, takenOf(each)])),
  }),
  taken: (state, message) =>
    ({ ...state, taken: { ...state.taken, [message.offer]: takenOf(message) } }),
  released: gone,
  expired: gone,
  refused: gone,
  spent: gone,
};

export const hide = { "offer.opened": takenAway };
