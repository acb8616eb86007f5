/** The column next to the video: the chat and the products as tabs, one of them at a time. */

import { html, useId, useState } from "../shared/html.js";
import { number, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { Shelf } from "./shelf.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

function Tabs({ tabs, chosen, choose, id }) {
  const step = ({ key, currentTarget }) => {
    if (!(key in STEPS)) return;
    const by = getComputedStyle(currentTarget).direction === "rtl" ? -STEPS[key] : STEPS[key];
    const next = (chosen + by + tabs.length) % tabs.length;
    choose(next);
    currentTarget.children[next].focus();
  };
  return html`
    <div class="tabs" role="tablist" onKeyDown=${step}>
      ${tabs.map(({ key, n = null }, place) => html`
        <button key=${key} type="button" role="tab" aria-selected=${place === chosen}
          id=${`${id}-tab-${place}`} aria-controls=${id} tabindex=${place === chosen ? 0 : -1}
          onClick=${() => choose(place)}>
          ${t(key)}${n !== null && html` <span class="number">${number(n)}</span>`}</button>`)}
    </div>`;
}

export function Column({ open }) {
  const id = useId();
  const others = useSlot("side");
  const count = useShopState(({ session }) => session.shelf.length);
  const [wanted, choose] = useState(0);
  const tabs = [...others, { key: "shelf.tab", n: count, Content: Shelf }];
  const chosen = Math.min(wanted, tabs.length - 1);
  const { Content } = tabs[chosen];
  return html`
    <section class="panel column">
      <${Tabs} tabs=${tabs} chosen=${chosen} choose=${choose} id=${id} />
      <div class="tab-body" role="tabpanel" id=${id} aria-labelledby=${`${id}-tab-${chosen}`}
        key=${chosen}><${Content} open=${open} /></div>
    </section>`;
}
