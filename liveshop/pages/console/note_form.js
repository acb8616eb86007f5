/** The form for what is to be said of a product, which only the staff reads. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { TextBox } from "../shared/field.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";

const NOTE_CHARS_MAX = 500;

export const noteOf = ({ plan }, { product_id }) => plan.notes?.[product_id] ?? "";

export function NoteForm({ product }) {
  const desk = useDesk();
  const note = useDeskState((state) => noteOf(state, product));
  const submit = ({ note: { value } }) => desk.keepNote(product.product_id, value.trim());
  return html`
    <${Form} title=${t("console.note_title", { title: product.title })}
      action=${t("console.note_save")} submit=${submit}>
      <${TextBox} label=${t("console.note_label")} name="note" rows="5" autofocus
        maxlength=${NOTE_CHARS_MAX} defaultValue=${note} />
      <p class="note">${t("console.note_hint")}</p>
    <//>`;
}
