/** A show's status as a tag. */

import { html } from "../shared/html.js";
import { statusWord } from "../shared/words.js";

export function Status({ status }) {
  return html`<span class="tag ${status}">${statusWord(status)}</span>`;
}
