/** The form that plans a show, and opens its console once it is there. */

import { askJson } from "../shared/api.js";
import { Field } from "../shared/field.js";
import { html, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { isUncertain, reason } from "./reason.js";

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

function trim({ target }) {
  target.value = target.value.trim();
}

/**
 * `say` tells why it was refused, `change` asks for another token, and `look` reads the list again:
 * after an answer that was lost the show may be in it.
 */
export function PlanForm({ token, say, look, change }) {
  const [busy, setBusy] = useState(false);
  const planning = useRef(false); // a second click may come before the button is drawn as disabled
  const plan = async (event) => {
    event.preventDefault();
    if (planning.current) return;
    planning.current = true;
    setBusy(true);
    say("");
    try {
      const body = wanted(event.target.elements);
      const { id } = await askJson("POST", "/api/sessions", { token, body });
      location.assign(`/host/${encodeURIComponent(id)}`);
    } catch (refusal) {
      const why = reason(refusal);
      say(isUncertain(refusal) ? t("lobby.perhaps", { reason: why }) : why);
      if (isUncertain(refusal)) look();
      planning.current = false;
      setBusy(false);
    }
  };
  return html`
    <h2>${t("lobby.plan")}</h2>
    <form onSubmit=${plan}>
      <${Field} label=${t("lobby.title")} name="title" required maxlength=${TITLE_CHARS_MAX}
        onChange=${trim} />
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
