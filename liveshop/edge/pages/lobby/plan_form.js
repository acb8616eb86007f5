/** The form that plans a show, and opens its console once it is there. */

import { askJson } from "../shared/api.js";
import { Field } from "../shared/field.js";
import { html, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { reason } from "./reason.js";

const TITLE_CHARS_MAX = 200;
const CURRENCY_CHARS = 3;

/** The body of `POST /api/sessions`; without a time it is a draft. */
function wanted({ title, starts, currency, stream }) {
  return {
    title: title.value.trim(),
    ...(starts.value && { starts_at_ms: new Date(starts.value).getTime() }),
    ...(currency.value && { currency: currency.value.toUpperCase() }),
    ...(stream.value && { stream_url: stream.value }),
  };
}

/** `say` tells why it was refused, `change` asks for another token. */
export function PlanForm({ token, say, change }) {
  const [busy, setBusy] = useState(false);
  const plan = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const body = wanted(event.target.elements);
      const { id } = await askJson("POST", "/api/sessions", { token, body });
      location.assign(`/host/${encodeURIComponent(id)}`);
    } catch (refusal) {
      say(reason(refusal));
      setBusy(false);
    }
  };
  return html`
    <h2>${t("lobby.plan")}</h2>
    <form onSubmit=${plan}>
      <${Field} label=${t("lobby.title")} name="title" required maxlength=${TITLE_CHARS_MAX} />
      <${Field} label=${t("lobby.starts")} name="starts" type="datetime-local" />
      <${Field} label=${t("lobby.currency")} name="currency" pattern="[A-Za-z]{3}"
        maxlength=${CURRENCY_CHARS} placeholder="EUR" />
      <${Field} label=${t("lobby.address")} name="stream" type="url" />
      <div class="row-head">
        <button class="primary" disabled=${busy}>${t("lobby.plan_action")}</button>
        <button type="button" class="quiet" onClick=${change}>${t("lobby.other_token")}</button>
      </div>
    </form>`;
}
