/** The page put together: its head, what went wrong, the shows, and what is for hosts. */

import { useBrand } from "../shared/known_brand.js";
import { Dialog } from "../shared/dialog.js";
import { html, useEffect, useReducer, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { LanguageChoice } from "../shared/language.js";
import { icon, sized } from "../shared/pictures.js";
import { isForAllSessions, rankOf } from "../shared/rights.js";
import { useLanguage } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { PlanForm } from "./plan_form.js";
import { useSection } from "./sections.js";
import { Shows } from "./shows.js";
import { TokenForm, reload } from "./token_form.js";

const HOST = rankOf("host");
const LOGO_PX = 320;

/** Why a token cannot plan a show, or null. */
function whyNoPlan({ role, exp = Infinity, ...claims }) {
  if (role && rankOf(role) < HOST) return t("lobby.refused.forbidden");
  if (exp * 1000 <= Date.now()) return t("lobby.refused.unauthorized");
  return isForAllSessions(claims) ? null : t("lobby.one_session");
}

/** `token` is what the bearer has, or null; `claims` is what it says. */
export function App({ token, claims }) {
  useLanguage();
  const brand = useBrand();
  const name = brand?.name ?? t("page.title");
  const [signing, setSigning] = useState(false);
  const why = token === null ? null : whyNoPlan(claims);
  const mayPlan = token !== null && why === null;
  const rank = rankOf(claims.role ?? "host");
  const isStaff = token !== null && rank >= rankOf("moderator");
  const others = useSlot("section").filter(({ needs = "host" }) => rank >= rankOf(needs));
  const section = useSection();
  const opened = mayPlan ? others.find((each) => each.name === section) : undefined;
  useEffect(() => {
    document.title = name;
    const shown = brand?.favicon ?? brand?.logo ?? null;
    document.querySelector("link[rel=icon]").href = shown === null ? "data:," : icon(shown);
  });
  return html`
    <${Head} name=${name} token=${token} sign=${() => setSigning(true)} />
    <div class=${mayPlan ? "desk" : "shop-front"}>
      ${mayPlan && html`<${Rail} sections=${others} opened=${opened} />`}
      <main>
        ${opened ? html`<${Section} key=${opened.name} section=${opened} token=${token} />`
          : html`<${Front} token=${token} why=${why} mayPlan=${mayPlan} isStaff=${isStaff}
              sign=${() => setSigning(true)} />`}
      </main>
    </div>
    <footer class="shop-foot"><${LanguageChoice} /></footer>
    ${signing && html`
      <${Dialog} title=${t("lobby.sign_in")} onClose=${() => setSigning(false)}>
        <${TokenForm} autofocus />
      <//>`}`;
}

function Head({ name, token, sign }) {
  const logo = useBrand()?.logo ?? null;
  return html`
    <header class="shop-head">
      ${logo && html`<img class="logo" src=${sized(logo, LOGO_PX)} alt="" />`}
      <p class="shop-name"><bdi>${name}</bdi></p>
      ${token === null ? html`
        <button type="button" class="quiet" onClick=${sign}>${t("lobby.for_hosts")}</button>`
        : html`<button type="button" class="quiet" onClick=${() => reload()}>
            ${t("lobby.sign_out")}</button>`}
    </header>`;
}

/** The parts of a host's page. */
function Rail({ sections, opened }) {
  const link = (name, key) => html`
    <a href=${`#${name}`} aria-current=${opened?.name === name || (!opened && name === "")
      ? "page" : undefined}>${t(key)}</a>`;
  return html`
    <nav class="rail" aria-label=${t("lobby.parts")}>
      ${link("", "lobby.shows")}
      ${sections.map(({ name, key }) => link(name, key))}
    </nav>`;
}

function Section({ section: { key, Content }, token }) {
  return html`<h1>${t(key)}</h1><${Content} token=${token} />`;
}

/** The shows, with what went wrong above them. */
function Front({ token, why, mayPlan, isStaff, sign }) {
  const [unlisted, setUnlisted] = useState("");
  const [planning, setPlanning] = useState(false);
  const [looks, look] = useReducer((count) => count + 1, 0);
  const plan = () => setPlanning(true);
  return html`
    <div role="status" class="banner-place">
      ${unlisted && html`<p class="banner">${unlisted}</p>`}</div>
    <div class="row-head">
      <h1>${t("lobby.shows")}</h1>
      ${mayPlan && html`
        <button type="button" class="primary" onClick=${plan}>${t("lobby.plan")}</button>`}
    </div>
    ${why && html`<div class="panel"><p>${why}</p><${TokenForm} /></div>`}
    <${Shows} key=${looks} token=${token} isStaff=${isStaff} say=${setUnlisted} mayPlan=${mayPlan}
      empty=${html`<${Nothing} plan=${mayPlan ? plan : null} sign=${sign} />`} />
    ${planning && html`
      <${PlanForm} token=${token} look=${look} close=${() => setPlanning(false)} />`}`;
}

/** No show is there yet: what comes next for a host, and for everybody else. */
function Nothing({ plan, sign }) {
  return html`
    <div class="nothing">
      <p class="nothing-title">${t("lobby.empty")}</p>
      ${plan === null ? html`
        <p class="note">${t("lobby.empty_viewer")}</p>
        <button type="button" onClick=${sign}>${t("lobby.sign_in")}</button>`
        : html`<p class="note">${t("lobby.empty_host")}</p>
          <button type="button" class="primary" onClick=${plan}>${t("lobby.plan_first")}</button>`}
    </div>`;
}
