/** One webhook: its state, what waits and what failed, and what its owner may do about it. */

import { ask, askJson } from "../../../pages/shared/api.js";
import { html, useState } from "../../../pages/shared/html.js";
import { dayAndTime, number, t } from "../../../pages/shared/i18n.js";
import { Deliveries, outcome } from "./deliveries.js";
import { EditWebhook, RemoveWebhook, RotateSecret, changeable } from "./forms.js";

const OVER = { edit: EditWebhook, remove: RemoveWebhook, rotate: RotateSecret };

/** Carries out what the buttons ask for, one thing at a time; `said` is what came of the last. */
function useWork(again) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState({ words: "", problem: false });
  const attempt = async (work) => {
    if (busy) return;
    setBusy(true);
    try {
      setSaid({ words: await work(), problem: false });
    } catch ({ message }) {
      setSaid({ words: t("webhooks.refused", { reason: message }), problem: true });
    }
    setBusy(false);
    again();
  };
  return { busy, said, attempt };
}

/** Ask again while there is more than one request may do; returns how many wait again. */
async function replay(path, token, states) {
  let count = 0;
  for (;;) {
    const { replayed, more } = await askJson("POST", `${path}/replay`, { token, body: { states } });
    count += replayed;
    if (!more) return count;
  }
}

export function Webhook({ webhook, token, again }) {
  const { id, url, state, dead, parked } = webhook;
  const [over, setOver] = useState(null);
  const [open, setOpen] = useState(false);
  const { busy, said, attempt } = useWork(again);
  const path = `/api/webhooks/${id}`;
  const test = async () => outcome(await askJson("POST", `${path}/test`, { token }));
  const repeat = async () => t("webhooks.replayed", {
    n: await replay(path, token, ["dead", "parked"]) });
  const enable = async () => {
    await ask("PUT", path, { token, body: { ...changeable(webhook), state: "on" } });
    return t("webhooks.enabled");
  };
  const button = (words, label, work) => html`
    <button type="button" aria-label=${label} aria-disabled=${busy}
      onClick=${() => attempt(work)}>${words}</button>`;
  const opens = (name, words, label) => html`
    <button type="button" class="quiet" aria-label=${label}
      onClick=${() => setOver(name)}>${words}</button>`;
  const Over = OVER[over];
  return html`
    <article class="panel" aria-label=${url}>
      <${Standing} webhook=${webhook} />
      <div class="webhook-buttons">
        ${state === "disabled" && button(t("webhooks.enable"), t("webhooks.enable_of", { url }),
          enable)}
        ${state === "on" && button(t("webhooks.test"), t("webhooks.test_of", { url }), test)}
        ${state === "on" && dead + parked > 0 && button(t("webhooks.replay"),
          t("webhooks.replay_of", { url }), repeat)}
        <button type="button" aria-expanded=${open}
          aria-label=${t("webhooks.deliveries_of", { url })}
          onClick=${() => setOpen(!open)}>${t("webhooks.deliveries")}</button>
        ${opens("edit", t("webhooks.edit"), t("webhooks.edit_of", { url }))}
        ${opens("rotate", t("webhooks.rotate"), t("webhooks.rotate_of", { url }))}
        ${opens("remove", t("webhooks.remove"), t("webhooks.remove_of", { url }))}
      </div>
      <p role="status" class=${said.problem ? "problem" : "note"}>${said.words}</p>
      ${open && html`<${Deliveries} path=${path} token=${token} url=${url} />`}
      ${Over && html`
        <${Over} webhook=${webhook} token=${token} again=${again}
          close=${() => setOver(null)} />`}
    </article>`;
}

/** Where it leads, what it hears of, and how far it is behind. */
function Standing({ webhook }) {
  const { url, types, state, waiting, waiting_since_ms, dead, parked, failing_since_ms } = webhook;
  return html`
    <div class="webhook-head">
      <h2><bdi>${url}</bdi></h2>
      <span class=${`webhook-state ${state}`}>${t(`webhooks.state.${state}`)}</span>
    </div>
    <p class="note"><bdi>${types.join(", ")}</bdi></p>
    <dl class="webhook-counts">
      <div><dt>${t("webhooks.waiting")}</dt><dd>${number(waiting)}</dd></div>
      <div><dt>${t("webhooks.dead")}</dt><dd>${number(dead)}</dd></div>
      <div><dt>${t("webhooks.parked")}</dt><dd>${number(parked)}</dd></div>
    </dl>
    ${waiting_since_ms !== null && html`
      <p class="note">${t("webhooks.waiting_since", { time: dayAndTime(waiting_since_ms) })}</p>`}
    ${failing_since_ms !== null && html`
      <p class="urgent">${t("webhooks.failing_since", {
        time: dayAndTime(failing_since_ms) })}</p>`}`;
}
