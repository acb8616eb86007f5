/** The page put together: its head, what went wrong, the shows, and what is for hosts. */

import { html, useEffect, useReducer, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { LanguageChoice } from "../shared/language.js";
import { useLanguage } from "../shared/shop.js";
import { PlanForm } from "./plan_form.js";
import { Shows } from "./shows.js";
import { TokenForm } from "./token_form.js";

/** `token` is a host's, or null. */
export function App({ token }) {
  useLanguage();
  const [unlisted, setUnlisted] = useState("");
  const [unplanned, setUnplanned] = useState("");
  const [looks, look] = useReducer((count) => count + 1, 0);
  const [asking, setAsking] = useState(token === null);
  useEffect(() => {
    document.title = t("page.title");
  });
  return html`
    <header class="row-head"><h1>${t("page.title")}</h1><${LanguageChoice} /></header>
    <div role="status" class="banner-place">
      ${unlisted && html`<p class="banner">${unlisted}</p>`}
      ${unplanned && html`<p class="banner">${unplanned}</p>`}</div>
    <main>
      <${Shows} key=${looks} token=${token} say=${setUnlisted} />
      <section class="panel" aria-label=${t("lobby.for_hosts")}>
        ${asking ? html`<${TokenForm} />`
          : html`<${PlanForm} token=${token} say=${setUnplanned} look=${look}
              change=${() => setAsking(true)} />`}
      </section>
    </main>`;
}
