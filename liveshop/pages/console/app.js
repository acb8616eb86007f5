/** The console put together: its columns, what lies over them, and whom it is for. */

import { DeskContext, useDesk, useDeskState } from "../shared/desk.js";
import { html, useEffect, useState } from "../shared/html.js";
import { number, t } from "../shared/i18n.js";
import { ShopContext, useLanguage, useShop, useShopState } from "../shared/shop.js";
import { Slot, SlotsContext, useSlot } from "../shared/slots.js";
import { AirBar } from "./air_bar.js";
import { Announcer } from "./announcer.js";
import { Checklist } from "./checklist.js";
import { Dialogs } from "./dialogs.js";
import { DOCK, Dock, isOnePart } from "./dock.js";
import { useKeptFocus } from "./focus.js";
import { Header } from "./header.js";
import { useKeys } from "./keys.js";
import { NextUp } from "./next_up.js";
import { Notice } from "./notice.js";
import { Orders } from "./orders.js";
import { Over } from "./over.js";
import { Preview } from "./preview.js";
import { RunOfShow } from "./run_of_show.js";
import { useSound } from "./sound.js";
import { Stage } from "./stage.js";
import { Trouble } from "./trouble.js";
import { Typed } from "./typed.js";

const SHOW = { part: "show", key: "console.tab.show" };
const PRODUCTS = { part: "products", key: "console.tab.products" };
const ORDERS = { part: "orders", key: "console.tab.orders" };

const BEFORE = new Set(["draft", "scheduled"]);

// The numbers that tabs have, so that what is on another one is not missed.
const COUNTS = {
  products: ({ session }) => session.shelf.length,
  orders: ({ stats }) => stats?.orders ?? 0,
};

/** Work at the desk of the real show, or at another one, as of a rehearsal. */
export function App({ real }) {
  useLanguage();
  const [desk, workAt] = useState(real);
  useEffect(() => {
    real.moveTo = workAt;
  }, [real]);
  return html`
    <${SlotsContext.Provider} value=${real.slots}>
      <${DeskContext.Provider} value=${desk}>
        <${ShopContext.Provider} value=${desk.shop}>
          <${Console} key=${desk.rehearsal} />
        <//>
      <//>
    <//>`;
}

function Console() {
  const desk = useDesk();
  const known = useShopState((state) => state.session !== null && state.viewer !== null);
  const title = useShopState((state) => state.session?.title);
  const status = useShopState((state) => state.session?.status);
  useDeskState((state) => state.expired);
  useKeys();
  useKeptFocus();
  useSound();
  useEffect(() => {
    document.title = title ? t("console.page_title", { title }) : t("console.title");
  });
  if (!known || !desk.isModerator) return html`<${Outside} known=${known} />`;
  return html`
    ${DOCK === null && html`<${Header} />`}
    <${Slot} place="banner" />
    <${Trouble} />
    ${isOnePart ? html`<${Dock} />` : status === "ended" ? html`<${Over} />`
      : html`<${Columns} />`}
    <${Typed} />
    <${Notice} />
    <${Announcer} />
    <${Dialogs} />`;
}

function Outside({ known }) {
  const shop = useShop();
  const expired = useDeskState((state) => state.expired);
  const watch = `/watch/${encodeURIComponent(shop.sessionId)}`;
  return html`
    <header class="top"><h1>${t("console.title")}</h1></header>
    <main class="alone">
      <${Trouble} />
      ${known && html`
        <p class="banner" role="alert">
          ${expired ? t("console.expired_link") : t("console.viewers_link")} ${" "}
          <a href=${watch}>${t("console.watch")}</a></p>`}
    </main>`;
}

/** The parts side by side; where one has no room, `data-tab` says which is seen. */
function Columns() {
  const desk = useDesk();
  const tab = useDeskState((state) => state.tab);
  const preview = useDeskState((state) => state.preview) && DOCK === null;
  const isBefore = useShopState(({ session: { status } }) => BEFORE.has(status));
  const others = useSlot("column");
  const beside = [...others, ...(desk.isHost ? [ORDERS] : [])];
  return html`
    <main class="columns" data-tab=${tab} data-preview=${preview ? "on" : "off"}>
      <${AirBar} />
      <${RunOfShow} />
      <div class="middle part" data-part="show">
        ${isBefore && desk.isHost && html`<${Checklist} />`}
        <${Stage} />
        <${NextUp} />
        <${Slot} place="middle" />
      </div>
      ${preview && html`<${Preview} />`}
      <${Tabs} kind="side-tabs" label=${t("console.beside")} parts=${[...beside, PRODUCTS]} />
      ${others.map(({ part, Content }) => html`<${Content} key=${part} />`)}
      ${desk.isHost && html`<${Orders} />`}
    </main>
    <${Tabs} kind="tabs" label=${t("console.parts")} parts=${[SHOW, PRODUCTS, ...beside]} />`;
}

function Tabs({ kind, label, parts }) {
  const desk = useDesk();
  const tab = useDeskState((state) => state.tab);
  return html`
    <nav class=${kind} aria-label=${label}>
      ${parts.map(({ part, key }) => html`
        <button key=${part} type="button" data-part=${part} aria-pressed=${String(tab === part)}
          onClick=${() => desk.change({ tab: part })}>${t(key)}
          <${Count} part=${part} /></button>`)}
    </nav>`;
}

function Count({ part }) {
  const count = useShopState((state) => COUNTS[part]?.(state) ?? 0);
  return count > 0 && html` <b class="count">${number(count)}</b>`;
}
