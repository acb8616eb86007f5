/** Webhooks on the first page, for admins: how each fares, and what its receiver answered. */

import { askJson } from "../../../pages/shared/api.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { AddWebhook } from "./forms.js";
import { Webhook } from "./webhook.js";

const EVERY_MS = 5_000;

/** Read all webhooks, page by page. */
async function readAll(token) {
  const found = [];
  for (let after = null; ;) {
    const query = new URLSearchParams({ limit: 200, ...(after && { after }) });
    const { webhooks, next } = await askJson("GET", `/api/webhooks?${query}`, { token });
    found.push(...webhooks);
    if (next === null) return found;
    after = next;
  }
}

/** The webhooks as they are now, read ever again: what waits and what failed is seen as it is. */
function useWebhooks(token) {
  const [webhooks, setWebhooks] = useState(null);
  const [problem, setProblem] = useState("");
  const read = async () => {
    try {
      setWebhooks(await readAll(token));
      setProblem("");
    } catch ({ message }) {
      setProblem(t("webhooks.unread", { reason: message }));
    }
  };
  useEffect(() => {
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return { webhooks, problem, read };
}

function Webhooks({ token }) {
  const { webhooks, problem, read } = useWebhooks(token);
  const [adding, setAdding] = useState(false);
  return html`
    <div class="row-head">
      <p class="note">${t("webhooks.words")}</p>
      <button type="button" class="primary" onClick=${() => setAdding(true)}>
        ${t("webhooks.add")}</button>
    </div>
    <p class="problem" role="alert">${problem}</p>
    ${webhooks?.length === 0 && html`<div class="nothing"><p>${t("webhooks.none")}</p></div>`}
    <ul class="webhooks">${(webhooks ?? []).map((each) => html`
      <li key=${each.id}><${Webhook} webhook=${each} token=${token} again=${read} /></li>`)}</ul>
    ${adding && html`
      <${AddWebhook} token=${token} again=${read} close=${() => setAdding(false)} />`}`;
}

export const slots = {
  section: { name: "webhooks", key: "webhooks.title", needs: "admin", Content: Webhooks },
};
