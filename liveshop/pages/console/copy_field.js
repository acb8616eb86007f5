/** A text to be copied, and the button that does it. */

import { html, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";

export function CopyField({ label, text, autofocus = false }) {
  const [copied, setCopied] = useState(false);
  const copy = async (event) => {
    event.target.form.elements.text.select();
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without https there is no clipboard; the text is selected, to be copied by hand.
    }
  };
  return html`
    <form class="copy" onSubmit=${(event) => event.preventDefault()}>
      <label class="field"><span>${label}</span>
        <input name="text" readonly autofocus=${autofocus} value=${text} /></label>
      <button type="button" onClick=${copy}
        aria-label=${copied ? undefined : t("console.copy_of", { label })}>
        ${copied ? t("console.copied") : t("console.copy")}</button>
    </form>`;
}
