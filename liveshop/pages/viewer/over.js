/** The lines over the video, the newest at their foot, and next to them what there is to tap. */

import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useLines } from "../shared/lines.js";
import { Slot, useSlot } from "../shared/slots.js";
import { Share } from "./share.js";

/** At most `count` lines; a tap opens the sheet of the feature that has one for them. */
export function Lines({ count, open }) {
  const lines = useLines(count, { top: true });
  const source = useSlot("line").find(({ sheet }) => sheet);
  return html`
    <div class="lines">
      <ul>${lines}</ul>
      ${source && html`<button type="button" class="cover" onClick=${() => open(source.sheet)}
        aria-label=${t(source.openKey)}></button>`}
    </div>`;
}

export function Over({ count, open }) {
  return html`
    <div class="over">
      <${Lines} count=${count} open=${open} />
      <div class="rail"><${Slot} place="rail" open=${open} /><${Share} /></div>
    </div>`;
}
