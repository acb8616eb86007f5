/** A show that has ended: what is to be done now, what it came to, and its orders. */

import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { Slot, useSlot } from "../shared/slots.js";
import { Orders } from "./orders.js";

export function Over() {
  const desk = useDesk();
  const columns = useSlot("column");
  if (desk.isHost) {
    return html`
      <main class="over"><div class="results"><${Slot} place="over" /></div><${Orders} /></main>`;
  }
  return html`
    <main class="alone">
      ${columns.map(({ part, Content }) => html`<${Content} key=${part} />`)}
    </main>`;
}
