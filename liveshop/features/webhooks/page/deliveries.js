/** The deliveries of a webhook, the newest first, with what its receiver answered. */

import { askJson } from "../../../pages/shared/api.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { dayAndTime, t } from "../../../pages/shared/i18n.js";

const STATES = ["dead", "waiting", "parked", "done", "aborted"];
const PAGE = 50;
const EVERY_MS = 5_000;

/** The outcome of a try, in a sentence. */
export const outcome = ({ status, took_ms, answer }) => (status === null
  ? t("webhooks.no_answer", { reason: answer })
  : t("webhooks.answered", { status, ms: took_ms }));

export function Deliveries({ path, token, url }) {
  const [state, setState] = useState("");
  const [page, setPage] = useState({ deliveries: [], next: null });
  const [problem, setProblem] = useState("");
  const read = async (before, known) => {
    const query = new URLSearchParams({
      limit: PAGE, ...(state && { state }), ...(before && { before }) });
    try {
      const { deliveries, next } = await askJson("GET", `${path}/deliveries?${query}`, { token });
      setPage({ deliveries: [...known, ...deliveries], next });
      setProblem("");
    } catch ({ message }) {
      setProblem(t("webhooks.unread", { reason: message }));
    }
  };
  const { deliveries, next } = page;
  const isFirst = deliveries.length <= PAGE; // beyond that, it would take away what is being read
  useEffect(() => {
    read(null, []);
  }, [state]);
  useEffect(() => {
    if (!isFirst) return undefined;
    const timer = setInterval(() => read(null, []), EVERY_MS);
    return () => clearInterval(timer);
  }, [state, isFirst]);
  return html`
    <div class="deliveries">
      <label class="field"><span>${t("webhooks.show")}</span>
        <select value=${state} onChange=${({ target }) => setState(target.value)}>
          <option value="">${t("webhooks.any")}</option>
          ${STATES.map((each) => html`
            <option key=${each} value=${each}>${t(`webhooks.fate.${each}`)}</option>`)}
        </select></label>
      <p class="problem" role="alert">${problem}</p>
      ${deliveries.length === 0 ? html`<p class="note">${t("webhooks.no_deliveries")}</p>` : html`
        <ul aria-label=${t("webhooks.deliveries_of", { url })}>${deliveries.map((each) => html`
          <${Delivery} key=${each.number} delivery=${each} />`)}</ul>`}
      ${next !== null && html`
        <button type="button" onClick=${() => read(next, deliveries)}>
          ${t("webhooks.more")}</button>`}
    </div>`;
}

function Delivery({ delivery }) {
  const { type, subject, state, tries, tried_at_ms, next_at_ms, status, answer } = delivery;
  return html`
    <li class="delivery">
      <p><b><bdi>${type}</bdi></b> ${" "}<span class=${`webhook-state ${state}`}>
        ${t(`webhooks.fate.${state}`)}</span></p>
      <p class="note"><bdi>${subject}</bdi> · ${t("webhooks.tries", { n: tries })}
        ${tried_at_ms !== null && html` · ${dayAndTime(tried_at_ms)}`}
        ${next_at_ms !== null && tries > 0 && html`
          · ${t("webhooks.next_try", { time: dayAndTime(next_at_ms) })}`}</p>
      ${tried_at_ms !== null && html`<p class="note">${outcome(delivery)}</p>`}
      ${status !== null && answer && html`<pre class="answer"><bdi>${answer}</bdi></pre>`}
    </li>`;
}
