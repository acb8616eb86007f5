/** The page as a whole: the video, what is on it or next to it, and the sheet that is open. */

import { readBrand } from "../shared/brand.js";
import { html, useEffect } from "../shared/html.js";
import { number, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { Sheet, useSheet } from "../shared/sheet.js";
import { useLanguage, useShop, useShopState } from "../shared/shop.js";
import { Slot, useSlot } from "../shared/slots.js";
import { About } from "./about.js";
import { Announcer } from "./announcer.js";
import { Banner } from "./banner.js";
import { CartButton } from "./cart.js";
import { Column } from "./column.js";
import { useLayout } from "./layout.js";
import { Now } from "./now.js";
import { OrdersButton } from "./orders.js";
import { Lines, Over } from "./over.js";
import { Backdrop } from "./picture.js";
import { ProductSheet } from "./product.js";
import { SHEETS } from "./sheets.js";
import { Stage } from "./stage.js";
import { Pill } from "./top_bar.js";

const brand = readBrand();
const LINES = { phone: 4, flat: 2 };
const ALL_SHEETS = { ...SHEETS, about: { key: "about.title", Content: About } };

/** `name` is one of ALL_SHEETS or of the features' sheets, or "product:" and an id. */
function OpenSheet({ name, open, close }) {
  const others = useSlot("sheet");
  const productId = name.startsWith("product:") ? name.slice("product:".length) : null;
  if (productId !== null) {
    return html`<${ProductSheet} productId=${productId} open=${open} onClose=${close} />`;
  }
  const sheet = ALL_SHEETS[name] ?? others.find((each) => each.name === name);
  if (!sheet) return null; // open before a reload, and of a feature that is not there any longer
  const { key, Content } = sheet;
  return html`
    <${Sheet} key=${name} title=${t(key)} onClose=${close}>
      <${Content} open=${open} close=${close} />
    <//>`;
}

/** The bag: all products of the show, and how many there are. */
function Bag({ open }) {
  const count = useShopState(({ session }) => session.shelf.length);
  return html`
    <button type="button" class="round bag" onClick=${() => open("shelf")}>
      <${Icon} name="bag" /><span class="unseen">${t("shelf.open")}</span>
      ${count > 0 && html`<span class="count-badge" aria-hidden="true">${number(count)}</span>`}
    </button>`;
}

/** The line at the foot: what there is to buy, to say, to keep and to like. */
function Bar({ open, isWide }) {
  return html`
    <div class="bar">
      ${!isWide && html`<${Bag} open=${open} />`}
      <${Slot} place="bar" open=${open} />
      ${isWide && html`<${OrdersButton} onOpen=${() => open("orders")} />`}
      <${CartButton} onOpen=${() => open("cart")} always=${isWide} />
    </div>`;
}

/** Whether something that a feature has under the card has the card's place for now. */
function useInstead() {
  const shop = useShop();
  const rules = useSlot("instead");
  return useShopState((state) => rules.some((rule) => rule(state, shop)));
}

function Show({ open }) {
  const layout = useLayout();
  const isTaken = useInstead();
  const isWide = layout === "wide";
  const isPhone = layout === "phone";
  return html`
    <main class=${`screen ${layout}`} tabindex="-1">
      <${Stage} open=${open} hasRoom=${!isPhone}>
        <${Slot} place="stage" open=${open} />
        ${layout === "flat" && html`<${Lines} count=${LINES.flat} open=${open} />`}
      <//>
      <div class="side">
        <${Banner} />
        ${isPhone && html`<${Over} count=${LINES.phone} open=${open} />`}
        ${!(isPhone && isTaken) && html`<${Now} open=${open} mayRest=${isPhone} />`}
        <${Slot} place="card" open=${open} />
        ${isWide && html`<${Column} open=${open} />`}
        <${Bar} open=${open} isWide=${isWide} />
      </div>
    </main>`;
}

/** Nothing to show yet, or nothing ever: why, and the way on. */
function Door() {
  const layout = useLayout();
  return html`
    <main class=${`screen waiting ${layout}`}>
      <section class="stage"><${Backdrop} />
        <header class="top-bar"><${Pill} title=${t("page.title")} /></header></section>
      <div class="side"><${Banner} /></div>
    </main>`;
}

export function App() {
  useLanguage();
  const [sheet, open, close] = useSheet();
  const title = useShopState(({ session }) => session?.title ?? null);
  useEffect(() => {
    if (title !== null) document.title = [title, brand.name].filter(Boolean).join(" · ");
  }, [title]);
  if (title === null) return html`<${Door} />`;
  return html`
    <${Show} open=${open} />
    ${sheet && html`<${OpenSheet} key=${sheet} name=${sheet} open=${open} close=${close} />`}
    <${Announcer} />`;
}
