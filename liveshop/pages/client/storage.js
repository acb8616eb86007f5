/** Where a page keeps things from one load to the next, and what it does where it may not. */

import { uuid } from "./uuid.js";

const values = new Map();
const pageStorage = {
  getItem: (key) => values.get(key) ?? null,
  setItem: (key, value) => values.set(key, value),
  removeItem: (key) => values.delete(key),
};

/** This tab's storage, or one that lasts as long as the page where the browser forbids it. */
export function tabStorage() {
  try {
    sessionStorage.getItem("liveshop");
    return sessionStorage;
  } catch {
    return pageStorage;
  }
}

const KEY = "liveshop:token";

/** The bearer that a token names, which nobody has checked here. */
function subject(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return null;
  }
}

/**
 * Move a token from `#token=…` to this tab's storage; return the one this tab has, or null.
 * `may(given, kept)` is asked before it replaces another person's: a link that somebody sends must
 * not make one buy in their name unawares.
 */
export function takeToken(storage = tabStorage(), may = () => confirm("Go on as another?")) {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  const kept = storage.getItem(KEY);
  if (given) {
    history.replaceState(null, "", location.pathname + location.search);
    if (!kept || subject(given) === subject(kept) || may(given, kept)) storage.setItem(KEY, given);
  }
  return storage.getItem(KEY);
}

/**
 * A random name by which this browser is counted once among a show's visitors, and nothing else;
 * null where the browser keeps nothing.
 */
export function visitorName() {
  try {
    const name = localStorage.getItem("liveshop:visitor") ?? uuid();
    localStorage.setItem("liveshop:visitor", name);
    return name;
  } catch {
    return null;
  }
}
