/** The form that plans a show, and opens its console once it is there. */

import { askJson } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { Field } from "../shared/field.js";
import { html, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useSlot } from "../shared/slots.js";
import { PictureField, uploadPicture } from "../shared/upload.js";
import { hostPath } from "./links.js";
import { isUncertain, reason } from "./reason.js";

const TITLE_CHARS_MAX = 200;
const CURRENCY_CHARS = 3;

/** The body of `POST /api/sessions`; without a time it is a draft. */
function wanted({ title, starts, currency, stream }, cover) {
  return {
    title: title.value.trim(),
    ...(starts.value && { starts_at_ms: new Date(starts.value).getTime() }),
    ...(currency.value && { currency: currency.value.toUpperCase() }),
    ...(stream.value && { stream_url: stream.value }),
    ...(cover !== null && { cover_url: cover }),
  };
}

function trim({ target }) {
  target.value = target.value.trim();
}

/** `look` reads the list again: after an answer that was lost the show may be in it. */
export function PlanForm({ token, look, close }) {
  const parts = useSlot("plan");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [cover, setCover] = useState(null);
  const pending = useRef(0);
  const made = useRef(null); // the show, once it is there: features may still have to do their part
  const planning = useRef(false); // a second click may come before the button is drawn as busy
  const submit = async (event) => {
    event.preventDefault();
    if (planning.current) return;
    if (pending.current > 0) return setProblem(t("upload.wait"));
    planning.current = true;
    setBusy(true);
    setProblem("");
    const { elements } = event.target;
    try {
      const body = wanted(elements, cover);
      made.current ??= await askJson("POST", "/api/sessions", { token, body });
      for (const { planned } of parts) await planned(made.current, elements, token);
      location.assign(hostPath(made.current));
    } catch (refusal) {
      setProblem(whyNot(refusal, made.current));
      if (isUncertain(refusal)) look();
      planning.current = false;
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${t("lobby.plan")} onClose=${close}>
      <form onSubmit=${submit}>
        <${Field} label=${t("lobby.title")} name="title" required autofocus
          maxlength=${TITLE_CHARS_MAX} onChange=${trim} />
        <div class="pair">
          <${Field} label=${t("lobby.starts")} name="starts" type="datetime-local"
            hint=${t("lobby.starts_hint", { zone: zone() })} />
          <${Field} label=${t("lobby.currency")} name="currency" pattern="[A-Za-z]{3}"
            maxlength=${CURRENCY_CHARS} placeholder="EUR" hint=${t("lobby.currency_hint")} />
        </div>
        <${PictureField} label=${t("lobby.cover")} hint=${t("lobby.cover_hint")} wide
          value=${cover} change=${setCover} pending=${pending}
          send=${(file, progress, signal) => uploadPicture(file, token, progress, signal)} />
        <${Field} label=${t("lobby.address")} name="stream" type="url"
          hint=${t("lobby.address_hint")} />
        ${parts.map(({ Fields }, index) => html`<${Fields} key=${index} />`)}
        <p class="problem" role="alert">${problem}</p>
        <button class="primary" aria-disabled=${busy}>${t("lobby.plan_action")}</button>
      </form>
    <//>`;
}

/** Say why it was refused; `show` is there if only features' parts are missing. */
function whyNot(refusal, show) {
  const why = reason(refusal);
  if (show !== null) return t("lobby.planned_partly", { reason: why });
  return isUncertain(refusal) ? t("lobby.perhaps", { reason: why }) : why;
}

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
