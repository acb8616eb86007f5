/** The way in for hosts: a token, or the link that has one as `#token=…`. */

import { tabStorage } from "../client/storage.js";
import { Field } from "../shared/field.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";

/** Forget this tab's token, and begin again with another, or as anybody. */
export function reload(token = null) {
  tabStorage().removeItem("liveshop:token"); // theirs to replace, and nobody has sent a link
  location.hash = token === null ? "" : new URLSearchParams({ token });
  location.reload();
}

/** The token of a text: what stands behind `#token=` of a link, or all of it. */
function tokenIn(text) {
  const [, fragment = ""] = text.split("#");
  return new URLSearchParams(fragment).get("token") ?? text.trim();
}

export function TokenForm({ autofocus = false }) {
  const enter = (event) => {
    event.preventDefault();
    reload(tokenIn(event.target.elements.token.value));
  };
  return html`
    <form class="token-form" onSubmit=${enter}>
      <p class="note">${t("lobby.token_words")}</p>
      <${Field} label=${t("lobby.token")} name="token" required autofocus=${autofocus} />
      <button class="primary">${t("lobby.token_action")}</button>
    </form>`;
}
