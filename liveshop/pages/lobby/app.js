/** The page put together: its head, what went wrong, the shows, and what is for hosts. */

import { html, useEffect, useReducer, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { LanguageChoice } from "../shared/language.js";
import { isForAllSessions, rankOf } from "../shared/rights.js";
import { useLanguage } from "../shared/shop.js";
import { PlanForm } from "./plan_form.js";
import { Shows } from "./shows.js";
import { TokenForm } from "./token_form.js";

const HOST = rankOf("host");

/** Why a token cannot plan a show, or null. */
function whyNoPlan({ role, exp = Infinity, ...claims }) {
  if (role && rankOf(role) < HOST) return t("lobby.refused.forbidden");
  if (exp * 1000 <= Date.now()) return t("lobby.refused.unauthorized");
  return isForAllSessions(claims) ? null : t("lobby.one_session");
}

/** `token` is what the bearer has, or null; `claims` is what it says. */
export function App({ token, claims }) {
  useLanguage();
  const [unlisted, setUnlisted] = useState("");
  const [unplanned, setUnplanned] = useState("");
  const [looks, look] = useReducer((count) => count + 1, 0);
  const why = token === null ? null : whyNoPlan(claims);
  const isStaff = token !== null && rankOf(claims.role ?? "host") >= rankOf("moderator");
  const [asking, setAsking] = useState(token === null || why !== null);
  useEffect(() => {
    document.title = t("page.title");
  });
  return html`
    <header class="row-head"><h1>${t("page.title")}</h1><${LanguageChoice} /></header>
    <div role="status" class="banner-place">
      ${unlisted && html`<p class="banner">${unlisted}</p>`}
      ${unplanned && html`<p class="banner">${unplanned}</p>`}</div>
    <main>
      <${Shows} key=${looks} token=${token} isStaff=${isStaff} say=${setUnlisted}
        mayPlan=${token !== null && why === null} />
      <section class="panel" aria-label=${t("lobby.for_hosts")}>
        ${why && html`<p class="note">${why}</p>`}
        ${asking ? html`<${TokenForm} />`
          : html`<${PlanForm} token=${token} say=${setUnplanned} look=${look}
              change=${() => setAsking(true)} />`}
      </section>
    </main>`;
}
