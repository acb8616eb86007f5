/** The keys, and what they do. */

import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useDesk } from "./desk.js";
import { KEYS } from "./keys.js";
import { Sheet } from "./sheet.js";

export function Help() {
  const desk = useDesk();
  return html`
    <${Sheet} title=${t("console.help.title")}>
      <dl class="keys">
        ${KEYS.map(({ shown, key }) => html`
          <div key=${shown}><dt><kbd>${shown}</kbd></dt><dd>${t(key)}</dd></div>`)}
      </dl>
      <p class="note">${t("console.help.when")}</p>
      <div class="buttons end"><button type="button" autofocus onClick=${() => desk.closeDialog()}>
        ${t("console.close")}</button></div>
    <//>`;
}
