/** The bearer of this page's token. A link with another's asks first, in the reader's language. */

import { tabStorage, takeToken } from "../client/storage.js";
import { loadLanguage, t } from "./i18n.js";
import { claimsOf } from "./rights.js";

const guestPlace = (sessionId) => `liveshop:guest:${sessionId}`;

/** The name that a token has for its bearer. */
function nameIn(token) {
  const { name, sub } = claimsOf(token);
  return name ?? sub ?? "?";
}

/** Where a guest's token is kept: it outlives the tab, since only it leads to the orders. */
function guestStorage() {
  try {
    localStorage.getItem("liveshop");
    return localStorage;
  } catch {
    return tabStorage();
  }
}

/** The token of a guest of this session that has not ended, or null. */
function guestToken(sessionId) {
  const token = guestStorage().getItem(guestPlace(sessionId));
  const { exp = 0 } = token ? claimsOf(token) : {};
  return exp * 1000 > Date.now() ? token : null;
}

/** Keep the token of a guest of a session. */
export function keepGuest(sessionId, token) {
  guestStorage().setItem(guestPlace(sessionId), token);
}

/** Drop whatever token this browser has for a session. */
export function dropBearer(sessionId) {
  tabStorage().removeItem("liveshop:token");
  guestStorage().removeItem(guestPlace(sessionId));
}

/**
 * Take the token of the address, or keep the one that this tab has, or else the one that a guest of
 * `sessionId` has in this browser; null where there is none.
 */
export async function takeBearer(sessionId = null) {
  const kept = tabStorage().getItem("liveshop:token");
  if (kept && location.hash.includes("token=")) await loadLanguage();
  const token = takeToken(undefined, (given, kept) =>
    confirm(t("bearer.replace", { from: nameIn(kept), to: nameIn(given) })));
  return token ?? (sessionId === null ? null : guestToken(sessionId));
}
