/** The last action, and the way back; or why it was not done. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";

export function Notice() {
  const desk = useDesk();
  const notice = useDeskState((state) => state.notice);
  return html`
    <div class="notice-place" role="status">
      ${notice && html`
        <p class=${notice.problem ? "notice problem" : "notice"}>
          <span>${notice.problem && html`<b aria-hidden="true">⚠ </b>`}${notice.text}</span>
          ${notice.undo && html`
            <button type="button" aria-keyshortcuts="Z" onClick=${() => desk.undo()}>
              ${t("console.undo")} <kbd aria-hidden="true">Z</kbd></button>`}
          <button type="button" class="square" aria-label=${t("console.close")}
            onClick=${() => desk.change({ notice: null })}>×</button>
        </p>`}
    </div>`;
}
