/** Where a page keeps things from one load to the next, and what it does where it may not. */

import { uuid } from "./uuid.js";

/** This tab's storage, or one that lasts as long as the page where the browser forbids it. */
export function tabStorage() {
  try {
    sessionStorage.getItem("liveshop");
    return sessionStorage;
  } catch {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    };
  }
}

/** Move a token from `#token=…` to this tab's storage; return the one this tab has, or null. */
export function takeToken(storage = tabStorage()) {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    storage.setItem("liveshop:token", given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return storage.getItem("liveshop:token");
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
