/** A sheet over the console, and one with a form. */

import { useDesk } from "./desk.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { t } from "./i18n.js";

/** A sheet over the page; it closes by Escape and by its button, and gives the focus back. */
export function Sheet({ title, wide = false, children }) {
  const desk = useDesk();
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    box.current.querySelector("[autofocus]")?.focus();
    return () => before?.focus?.();
  }, []);
  return html`
    <dialog ref=${box} class=${wide ? "wide" : ""} aria-labelledby="sheet-title"
      onClose=${() => desk.closeDialog()}>
      <h2 id="sheet-title">${title}</h2>
      ${children}
    </dialog>`;
}

/**
 * A sheet with a form: `submit(elements)` may throw, to stay open and say why. With `more`, as
 * { words, begin }, a second button does the same, and then begins the form again.
 */
export function Form({
  title, action, submit, more = null, danger = false, wide = false, children,
}) {
  const desk = useDesk();
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const again = useRef(false);
  const onMore = ({ target }) => {
    again.current = true;
    target.form.requestSubmit();
    again.current = false; // what is not valid is not submitted, and Enter means the other button
  };
  const onSubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const form = event.target;
    const isMore = again.current;
    try {
      await submit(form.elements);
      if (!isMore) return desk.closeDialog();
      more.begin();
      setProblem(null);
      setBusy(false);
      form.querySelector("[autofocus]")?.focus();
    } catch (fault) {
      setProblem(fault.code ? desk.explain(fault) : fault.message);
      setBusy(false);
    }
  };
  return html`
    <${Sheet} title=${title} wide=${wide}>
      <form onSubmit=${onSubmit}>
        ${children}
        <p class="problem" role="alert">${problem}</p>
        <div class="buttons end">
          <button type="button" onClick=${() => desk.closeDialog()}>${t("console.not_now")}</button>
          ${more && html`
            <button type="button" aria-busy=${busy} onClick=${onMore}>${more.words}</button>`}
          <button class=${danger ? "danger full" : "primary"} aria-busy=${busy}
            aria-disabled=${busy}>
            ${action}</button>
        </div>
      </form>
    <//>`;
}
