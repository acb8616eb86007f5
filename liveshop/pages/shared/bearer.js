/** The bearer of this page's token. A link with another's asks first, in the reader's language. */

import { tabStorage, takeToken } from "../client/storage.js";
import { loadLanguage, t } from "./i18n.js";

/** The name that a token has for its bearer, which nobody has checked here. */
function nameIn(token) {
  try {
    const bytes = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
    const { name, sub } = JSON.parse(text);
    return name ?? sub;
  } catch {
    return "?";
  }
}

/** Take the token of the address, or keep the one that this tab has; null where there is none. */
export async function takeBearer() {
  const kept = tabStorage().getItem("liveshop:token");
  if (kept && location.hash.includes("token=")) await loadLanguage();
  return takeToken(undefined, (given, kept) =>
    confirm(t("bearer.replace", { from: nameIn(kept), to: nameIn(given) })));
}
