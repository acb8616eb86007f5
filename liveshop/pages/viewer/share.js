/** The link to the show, for others: by the device's own sheet, or copied. */

import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop } from "../shared/shop.js";

const SAID_MS = 4_000;

/** The page's address without anything that is this viewer's. */
export const address = () => location.origin + location.pathname;

async function share(title) {
  if (navigator.share) {
    await navigator.share({ title, url: address() });
    return "";
  }
  await navigator.clipboard.writeText(address());
  return t("share.copied");
}

export function Share() {
  const shop = useShop();
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (said !== t("share.copied")) return undefined; // an address stays, to be copied by hand
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const tap = () => share(shop.state.session.title).then(setSaid,
    ({ name }) => setSaid(name === "AbortError" ? "" : address()));
  return html`
    <span class="share">
      <button type="button" class="round glass" aria-label=${t("share.show")} onClick=${tap}>
        <${Icon} name="share" /></button>
      <span role="status" class="share-said">${said}</span>
    </span>`;
}
