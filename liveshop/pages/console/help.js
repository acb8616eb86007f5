/** The keys, and what they do. */

import { useDesk } from "../shared/desk.js";
import { Sheet } from "../shared/desk_sheet.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useKeyList } from "./commands.js";

export function Help() {
  const desk = useDesk();
  const keys = useKeyList();
  return html`
    <${Sheet} title=${t("console.help.title")}>
      <dl class="keys">
        ${keys.map(({ shown, key }) => html`
          <div key=${key}><dt><kbd>${shown}</kbd></dt><dd>${t(key)}</dd></div>`)}
      </dl>
      <p class="note">${t("console.help.when")}</p>
      <div class="buttons end"><button type="button" autofocus onClick=${() => desk.closeDialog()}>
        ${t("console.close")}</button></div>
    <//>`;
}
