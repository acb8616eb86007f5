/** The fields that forms are made of. */

import { html, useId } from "./html.js";

/** A labelled input; `hint` stands below it, and is no part of its name. */
export function Field({ label, hint, ...input }) {
  const hintId = useId();
  const field = html`
    <label class="field"><span>${label}</span>
      <input autocomplete="off" aria-describedby=${hint ? hintId : undefined} ...${input} />
    </label>`;
  if (!hint) return field;
  return html`
    <div class="field">${field}<small class="note" id=${hintId}>${hint}</small></div>`;
}

/** A labelled box for text of several lines. */
export function TextBox({ label, ...box }) {
  return html`
    <label class="field"><span>${label}</span><textarea ...${box} /></label>`;
}
