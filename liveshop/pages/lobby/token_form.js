/** Where a host gives the token that opens the rest, as a link with `#token=…` does. */

import { tabStorage } from "../client/storage.js";
import { Field } from "../shared/field.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";

function enter(event) {
  event.preventDefault();
  tabStorage().removeItem("liveshop:token"); // theirs to replace, and nobody has sent a link
  location.hash = new URLSearchParams({ token: event.target.elements.token.value.trim() });
  location.reload();
}

export function TokenForm() {
  return html`
    <h2>${t("lobby.for_hosts")}</h2>
    <form onSubmit=${enter}>
      <${Field} label=${t("lobby.token")} name="token" required />
      <button>${t("lobby.token_action")}</button>
    </form>`;
}
