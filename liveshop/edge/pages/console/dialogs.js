/** The forms and sheets over the console, one at a time, and the frame that they share. */

import { html, useEffect, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { AddForm } from "./add_form.js";
import { useDesk, useDeskState } from "./desk.js";
import { Help } from "./help.js";
import { PriceForm } from "./price_form.js";
import { SaleForm } from "./sale_form.js";
import { Share } from "./share.js";
import { WordsForm } from "./words_form.js";

export function Dialogs() {
  const dialog = useDeskState((state) => state.dialog);
  switch (dialog?.kind) {
    case "add": return html`<${AddForm} />`;
    case "price": return html`<${PriceForm} product=${dialog.product} />`;
    case "sale": return html`<${SaleForm} product=${dialog.product} />`;
    case "plan": return html`<${SaleForm} product=${dialog.product} planning />`;
    case "words": return html`<${WordsForm} />`;
    case "share": return html`<${Share} />`;
    case "help": return html`<${Help} />`;
    case "end": return html`<${End} />`;
    case "cancel": return html`<${CancelOrder} ...${dialog} />`;
    default: return null;
  }
}

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

/** A sheet with a form: `submit()` may throw, to stay open and say why. */
export function Form({ title, action, submit, danger = false, wide = false, children }) {
  const desk = useDesk();
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await submit(event.target.elements);
      desk.closeDialog();
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
          <button class=${danger ? "danger full" : "primary"} aria-busy=${busy} disabled=${busy}>
            ${action}</button>
        </div>
      </form>
    <//>`;
}

function End() {
  const desk = useDesk();
  return html`
    <${Form} title=${t("console.end_title")} action=${t("console.end_show")} danger
      submit=${() => desk.send({ type: "session.end" })}>
      <p>${t("console.end_words")}</p>
    <//>`;
}

function CancelOrder({ order, what }) {
  const desk = useDesk();
  const submit = async () => {
    if (!await desk.cancelOrder(order.order_id)) throw new Error(desk.state.notice.text);
  };
  return html`
    <${Form} title=${t("console.cancel_title")} action=${t("console.cancel_order")} danger
      submit=${submit}>
      <p>${what}</p><p>${t("console.cancel_words")}</p>
    <//>`;
}
