/** The links of the docks, each with the token of this page: OBS keeps no other sign of it. */

import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { dayAndTime, t } from "../shared/i18n.js";
import { CopyField } from "./copy_field.js";
import { DOCKS } from "./dock.js";

export function DockLinks() {
  const desk = useDesk();
  if (desk.rehearsal) return null;
  const { exp } = desk.rights.claims;
  const parts = DOCKS.filter((dock) => dock !== "orders" || desk.isHost);
  return html`
    <details class="more">
      <summary>${t("console.docks")}</summary>
      <p class="note">${t("console.docks_help")}
        ${exp !== undefined && html` ${t("console.docks_until", { time: dayAndTime(exp * 1000) })}`}
      </p>
      ${parts.map((dock) => html`
        <${CopyField} key=${dock} label=${t(`console.dock.${dock}`)}
          text=${desk.office.dockLink(dock)} />`)}
    </details>`;
}
