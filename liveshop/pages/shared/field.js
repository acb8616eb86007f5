/** The field that forms are made of. */

import { html } from "./html.js";

/** A labelled input; `hint` stands below it. */
export function Field({ label, hint, ...input }) {
  return html`
    <label class="field"><span>${label}</span><input autocomplete="off" ...${input} />
      ${hint && html`<small class="note">${hint}</small>`}</label>`;
}

/** A labelled box for text of several lines. */
export function TextBox({ label, hint, ...box }) {
  return html`
    <label class="field"><span>${label}</span><textarea ...${box} />
      ${hint && html`<small class="note">${hint}</small>`}</label>`;
}
