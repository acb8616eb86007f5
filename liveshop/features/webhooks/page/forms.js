/** The forms over the page: a webhook is made, changed, removed, or given another secret. */

import { ask, askJson } from "../../../pages/shared/api.js";
import { Dialog } from "../../../pages/shared/dialog.js";
import { Field } from "../../../pages/shared/field.js";
import { html, useEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

const URL_CHARS_MAX = 2_000;

/** The part of a webhook that its owner may change. */
export const changeable = ({ url, types, session_id, ordering, state }) =>
  ({ url, types, session_id, ordering, state });

/** Return the typed fields; types stand between commas or blanks. */
function typed({ url, types, subject }) {
  return {
    url: url.value.trim(),
    types: types.value.split(/[\s,]+/).filter(Boolean),
    ordering: subject.checked ? "subject" : "none",
  };
}

/** A form that stays open and says why if what it asks for is refused. */
function Asking({ action, work, children }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const asking = useRef(false); // a second click may come before the button is drawn as busy
  const submit = async (event) => {
    event.preventDefault();
    if (asking.current) return;
    asking.current = true;
    setBusy(true);
    setProblem("");
    try {
      await work(event.target.elements);
    } catch ({ message }) {
      setProblem(t("webhooks.refused", { reason: message }));
      setBusy(false);
    }
    asking.current = false;
  };
  return html`
    <form onSubmit=${submit}>
      ${children}
      <p role="alert" class="problem">${problem}</p>
      <button class="primary" aria-disabled=${busy}>${action}</button>
    </form>`;
}

function Fields({ url = "", types = ["order.*"], ordering = "none" }) {
  return html`
    <${Field} label=${t("webhooks.url")} name="url" type="url" required autofocus
      maxlength=${URL_CHARS_MAX} hint=${t("webhooks.url_hint")} defaultValue=${url} />
    <${Field} label=${t("webhooks.types")} name="types" required
      hint=${t("webhooks.types_hint")} defaultValue=${types.join(", ")} />
    <label class="check"><input type="checkbox" name="subject"
        defaultChecked=${ordering === "subject"} />
      <span>${t("webhooks.in_order")}</span></label>`;
}

/** A secret, which is shown this once. */
function Secret({ secret, close }) {
  const box = useRef(null);
  const keep = ({ target }) => target.select();
  useEffect(() => box.current.querySelector("input").focus(), []); // the form was focused before
  return html`
    <p>${t("webhooks.secret_words")}</p>
    <div ref=${box}>
      <${Field} label=${t("webhooks.secret")} value=${secret} readonly onFocus=${keep} /></div>
    <div class="row-head">
      <button type="button" class="primary" onClick=${close}>${t("webhooks.secret_kept")}</button>
    </div>`;
}

export function AddWebhook({ token, again, close }) {
  const [made, setMade] = useState(null);
  const work = async (elements) => {
    setMade(await askJson("POST", "/api/webhooks", { token, body: typed(elements) }));
    again();
  };
  return html`
    <${Dialog} title=${t("webhooks.add")} onClose=${close}>
      ${made !== null ? html`<${Secret} secret=${made.secret} close=${close} />` : html`
        <${Asking} action=${t("webhooks.add_action")} work=${work}><${Fields} /><//>`}
    <//>`;
}

export function EditWebhook({ webhook, token, again, close }) {
  const work = async (elements) => {
    const state = elements.on.checked ? "on" : "off";
    const body = { ...changeable(webhook), ...typed(elements), state };
    await ask("PUT", `/api/webhooks/${webhook.id}`, { token, body });
    again();
    close();
  };
  return html`
    <${Dialog} title=${t("webhooks.edit_of", { url: webhook.url })} onClose=${close}>
      <${Asking} action=${t("webhooks.save")} work=${work}>
        <${Fields} ...${webhook} />
        <label class="check"><input type="checkbox" name="on"
            defaultChecked=${webhook.state === "on"} />
          <span>${t("webhooks.on")}</span></label>
      <//>
    <//>`;
}

export function RotateSecret({ webhook, token, again, close }) {
  const [made, setMade] = useState(null);
  const work = async () => {
    setMade(await askJson("POST", `/api/webhooks/${webhook.id}/secret`, { token }));
    again();
  };
  return html`
    <${Dialog} title=${t("webhooks.rotate_of", { url: webhook.url })} onClose=${close}>
      ${made !== null ? html`<${Secret} secret=${made.secret} close=${close} />` : html`
        <${Asking} action=${t("webhooks.rotate_action")} work=${work}>
          <p>${t("webhooks.rotate_words")}</p><//>`}
    <//>`;
}

export function RemoveWebhook({ webhook, token, again, close }) {
  const work = async () => {
    await ask("DELETE", `/api/webhooks/${webhook.id}`, { token });
    close();
    again();
  };
  return html`
    <${Dialog} title=${t("webhooks.remove_of", { url: webhook.url })} onClose=${close}>
      <${Asking} action=${t("webhooks.remove_action")} work=${work}>
        <p>${t("webhooks.remove_words")}</p><//>
    <//>`;
}
