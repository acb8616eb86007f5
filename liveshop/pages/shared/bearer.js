/** The bearer of this page's token. A link with another's asks first, in the reader's language. */

import { tabStorage, takeToken } from "../client/storage.js";
import { loadLanguage, t } from "./i18n.js";
import { claimsOf } from "./rights.js";

/** The name that a token has for its bearer. */
function nameIn(token) {
  const { name, sub } = claimsOf(token);
  return name ?? sub ?? "?";
}

/** Take the token of the address, or keep the one that this tab has; null where there is none. */
export async function takeBearer() {
  const kept = tabStorage().getItem("liveshop:token");
  if (kept && location.hash.includes("token=")) await loadLanguage();
  return takeToken(undefined, (given, kept) =>
    confirm(t("bearer.replace", { from: nameIn(kept), to: nameIn(given) })));
}
