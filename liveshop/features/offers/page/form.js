/** The form of an offer: opened now, or planned for later. */

import { useDesk } from "../../../pages/shared/desk.js";
import { Form } from "../../../pages/shared/desk_sheet.js";
import { Field } from "../../../pages/shared/field.js";
import { NumberField } from "../../../pages/shared/fields.js";
import { html, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { FIRST, KINDS, TEMPLATES, commandOf } from "./command.js";
import { OfKind, Select } from "./form_kinds.js";
import { openOffer } from "./open.js";
import { plan, replan } from "./planned.js";

const WHO = ["everyone", "code", "first_order"];

function Templates({ use }) {
  return html`
    <p class="offer-templates">${t("offers.form.begin")} ${TEMPLATES.map(({ key, form }) => html`
        <button key=${key} type="button" class="quiet small"
          onClick=${() => use(form)}>${t(key)}</button>`)}
    </p>`;
}

function Who({ form, put }) {
  return html`
    <div class="pair">
      <${Select} label=${t("offers.form.who")} value=${form.who} onChange=${put("who")}
        options=${WHO.map((who) => [who, t(`offers.form.who_${who}`)])} />
      <${NumberField} label=${t("offers.form.minutes")} min="1" max="1440" value=${form.minutes}
        onInput=${put("minutes")} hint=${t("offers.form.minutes_hint")} />
    </div>
    ${form.who === "code" && html`
      <${Field} label=${t("offers.form.code")} value=${form.code} onInput=${put("code")} required
        minlength="3" maxlength="24" pattern="[A-Za-z0-9]+" autocapitalize="characters"
        hint=${t("offers.form.code_hint")} />`}`;
}

function Limits({ form, put, setForm, currency }) {
  return html`
    <details class="more"><summary>${t("offers.form.limits")}</summary>
      <div class="pair">
        <${NumberField} label=${t("offers.form.units")} min="1" max="1000000" value=${form.units}
          onInput=${put("units")} />
        <${NumberField} label=${t("offers.form.per_buyer")} min="1" max="1000"
          value=${form.perBuyer} onInput=${put("perBuyer")} />
      </div>
      <div class="pair">
        ${form.kind !== "delivery" && html`
          <${Field} label=${t("offers.form.budget", { currency })} inputmode="decimal"
            value=${form.budget} onInput=${put("budget")} />`}
        <${NumberField} label=${t("offers.form.starts_in")} min="1" max="86400"
          value=${form.startsIn} onInput=${put("startsIn")} />
      </div>
      <label class="choice"><input type="checkbox" checked=${form.alone}
        onChange=${({ target }) => setForm((now) => ({ ...now, alone: target.checked }))} />
        <span>${t("offers.form.alone")}</span></label>
    </details>`;
}

/** `planning` has the offer kept for later; `place` is that of the planned one that is changed. */
export function OfferForm({ planning = false, place = null, offer = FIRST }) {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const [form, setForm] = useState(offer);
  const put = (name) => ({ target }) => setForm((now) => ({ ...now, [name]: target.value }));
  const submit = async () => {
    const command = commandOf(form, session);
    if (!planning) return openOffer(desk, command);
    if (place === null) plan(desk.shop, form);
    else replan(desk.shop, place, form);
    desk.say(t("offers.console.planned_said", { label: command.label }));
  };
  return html`
    <${Form} title=${planning ? t("offers.form.plan") : t("offers.form.title")} submit=${submit}
      action=${planning ? t("offers.form.keep") : t("offers.form.open")}>
      <${Templates} use=${setForm} />
      <div class="pair">
        <${Select} label=${t("offers.form.kind")} value=${form.kind} onChange=${put("kind")}
          options=${KINDS.map((kind) => [kind, t(`offers.form.kind_${kind}`)])} />
        <${Field} label=${t("offers.form.label")} maxlength="60" value=${form.label} autofocus
          onInput=${put("label")} hint=${t("offers.form.label_hint")} />
      </div>
      <${OfKind} form=${form} setForm=${setForm} session=${session} />
      <${Who} form=${form} put=${put} />
      <${Limits} form=${form} put=${put} setForm=${setForm} currency=${session.currency} />
    <//>`;
}
