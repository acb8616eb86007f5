/** A form or a question over a page; Escape and its own button close it. */

import { html, useEffect, useId, useRef } from "./html.js";
import { t } from "./i18n.js";
import { Icon } from "./icon.js";

/** `onClose` takes it away; the focus goes back to where it was. */
export function Dialog({ title, onClose, children }) {
  const box = useRef(null);
  const titleId = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    box.current.querySelector("[autofocus]")?.focus();
    return () => before?.focus?.();
  }, []);
  return html`
    <dialog ref=${box} class="form-box" aria-labelledby=${titleId} onClose=${onClose}>
      <header class="row-head">
        <h2 id=${titleId}>${title}</h2>
        <button type="button" class="quiet" aria-label=${t("sheet.close")}
          onClick=${() => box.current.close()}><${Icon} name="close" /></button>
      </header>
      ${children}
    </dialog>`;
}
