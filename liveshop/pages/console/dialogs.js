/** The forms and sheets over the console, one at a time. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { AddForm } from "./add_form.js";
import { EditForm } from "./edit_form.js";
import { Help } from "./help.js";
import { NoteForm } from "./note_form.js";
import { Palette } from "./palette.js";
import { PriceForm } from "./price_form.js";
import { RestockForm } from "./restock_form.js";
import { SaleForm } from "./sale_form.js";
import { Share } from "./share.js";

export function Dialogs() {
  const dialog = useDeskState((state) => state.dialog);
  const others = useSlot("dialog");
  switch (dialog?.kind) {
    case "add": return html`<${AddForm} />`;
    case "price": return html`<${PriceForm} product=${dialog.product} />`;
    case "sale": return html`<${SaleForm} product=${dialog.product} />`;
    case "plan": return html`<${SaleForm} product=${dialog.product} planning />`;
    case "share": return html`<${Share} />`;
    case "help": return html`<${Help} />`;
    case "restock": return html`<${RestockForm} product=${dialog.product} />`;
    case "note": return html`<${NoteForm} product=${dialog.product} />`;
    case "edit": return html`<${EditForm} />`;
    case "palette": return html`<${Palette} />`;
    case "go-live": return html`<${GoLive} />`;
    case "end": return html`<${End} />`;
    case "cancel": return html`<${CancelOrder} ...${dialog} />`;
    default: return dialog && other(dialog, others);
  }
}

/** Draw a dialog of a feature's. */
function other(dialog, others) {
  const { Content } = others.find(({ kind }) => kind === dialog.kind);
  return html`<${Content} ...${dialog} />`;
}

/** A show without products or a stream goes live if that is meant. */
function GoLive() {
  const desk = useDesk();
  const none = useShopState(({ session }) => session.shelf.length === 0);
  return html`
    <${Form} title=${t("console.go_live_title")} action=${t("console.go_live_anyway")}
      submit=${() => desk.send({ type: "session.start" })}>
      ${none && html`<p>${t("console.go_live_no_products")}</p>`}
      ${desk.state.stream === null && html`<p>${t("console.go_live_no_stream")}</p>`}
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
