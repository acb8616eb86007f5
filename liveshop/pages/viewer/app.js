/** The page as a whole: the video, what is on it or next to it, and the sheet that is open. */

import { html, useEffect } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { Sheet, useSheet } from "../shared/sheet.js";
import { useLanguage, useShopState } from "../shared/shop.js";
import { Slot, useSlot } from "../shared/slots.js";
import { Announcer } from "./announcer.js";
import { Banner } from "./banner.js";
import { Cart, CartButton } from "./cart.js";
import { Orders, OrdersButton } from "./orders.js";
import { Pinned } from "./pinned.js";
import { ProductSheet } from "./product.js";
import { Shelf } from "./shelf.js";
import { Stage } from "./stage.js";
import { TopBar } from "./top_bar.js";
import { useWide } from "./wide.js";

const SHEETS = {
  shelf: { key: "shelf.title", Content: Shelf },
  cart: { key: "cart.title", Content: Cart },
  orders: { key: "orders.title", Content: Orders },
};

/** `name` is one of SHEETS or of the features' sheets, or "product:" and an id. */
function OpenSheet({ name, open, close }) {
  const others = useSlot("sheet");
  const productId = name.startsWith("product:") ? name.slice("product:".length) : null;
  if (productId !== null) return html`<${ProductSheet} productId=${productId} onClose=${close} />`;
  const sheet = SHEETS[name] ?? others.find((each) => each.name === name);
  if (!sheet) return null; // open before a reload, and of a feature that is not there any longer
  const { key, Content } = sheet;
  return html`
    <${Sheet} key=${name} title=${t(key)} onClose=${close}>
      <${Content} open=${open} close=${close} />
    <//>`;
}

/** The shelf, and parts like it: sheets on a phone, else with room of their own by the video. */
function Column({ open }) {
  const others = useSlot("side");
  return html`
    <section class="panel part" aria-label=${t("shelf.title")}>
      <h2>${t("shelf.title")}</h2><${Shelf} open=${open} />
    </section>
    ${others.map(({ key, Content }) => html`
      <section key=${key} class="panel part" aria-label=${t(key)}>
        <h2>${t(key)}</h2><${Content} open=${open} />
      </section>`)}`;
}

function Show({ open }) {
  const wide = useWide();
  const orders = html`<${OrdersButton} onOpen=${() => open("orders")} />`;
  return html`
    <main class="screen">
      <${Stage} onOrders=${() => open("orders")}>
        <${TopBar}>${!wide && orders}<//>
        <${Slot} place="stage" open=${open} />
      <//>
      <div class="side">
        <${Banner} />
        ${!wide && html`<${Slot} place="glance" open=${open} />`}
        <${Pinned} open=${open} />
        <${Slot} place="card" open=${open} />
        ${wide && html`<${Column} open=${open} />`}
        <div class="bar">
          <${Slot} place="bar" open=${open} />
          ${!wide && html`
            <button type="button" class="round" onClick=${() => open("shelf")}
              aria-label=${t("shelf.open")}><${Icon} name="shelf" /></button>`}
          ${wide && orders}
          <${CartButton} onOpen=${() => open("cart")} />
        </div>
      </div>
    </main>`;
}

/** Nothing to show yet, or nothing ever: why, and the way on. */
function Door() {
  return html`
    <main class="screen waiting">
      <h1 class="unseen">${t("page.title")}</h1>
      <section class="stage"><div class="picture"></div></section>
      <div class="side"><${Banner} /></div>
    </main>`;
}

export function App() {
  useLanguage();
  const [sheet, open, close] = useSheet();
  const title = useShopState(({ session }) => session?.title ?? null);
  useEffect(() => {
    document.title = title ?? t("page.title");
  }, [title]);
  if (title === null) return html`<${Door} />`;
  return html`
    <${Show} open=${open} />
    ${sheet && html`<${OpenSheet} key=${sheet} name=${sheet} open=${open} close=${close} />`}
    <${Announcer} />`;
}
