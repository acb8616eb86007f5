/** The console put together: its columns, what lies over them, and whom it is for. */

import { DeskContext, useDesk, useDeskState } from "../shared/desk.js";
import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { ShopContext, useLanguage, useShop, useShopState } from "../shared/shop.js";
import { Slot, SlotsContext, useSlot } from "../shared/slots.js";
import { Announcer } from "./announcer.js";
import { Dialogs } from "./dialogs.js";
import { Header } from "./header.js";
import { useKeys } from "./keys.js";
import { Notice } from "./notice.js";
import { Orders } from "./orders.js";
import { RunOfShow } from "./run_of_show.js";
import { Stage } from "./stage.js";
import { Trouble } from "./trouble.js";

const SHOW = { part: "show", key: "console.tab.show" };
const PRODUCTS = { part: "products", key: "console.tab.products" };
const ORDERS = { part: "orders", key: "console.tab.orders" };

/** Work at the desk of the real show, or at another one, as of a rehearsal. */
export function App({ real }) {
  useLanguage();
  const [desk, workAt] = useState(real);
  return html`
    <${SlotsContext.Provider} value=${real.slots}>
      <${DeskContext.Provider} value=${desk}>
        <${ShopContext.Provider} value=${desk.shop}>
          <${Console} key=${desk.rehearsal} real=${real} workAt=${workAt} />
        <//>
      <//>
    <//>`;
}

function Console({ real, workAt }) {
  const desk = useDesk();
  const known = useShopState((state) => state.session !== null && state.viewer !== null);
  const title = useShopState((state) => state.session?.title);
  const status = useShopState((state) => state.session?.status);
  useDeskState((state) => state.expired);
  useKeys();
  useEffect(() => {
    document.title = title ? t("console.page_title", { title }) : t("console.title");
  });
  if (!known || !desk.isModerator) return html`<${Outside} known=${known} />`;
  return html`
    <${Header} real=${real} workAt=${workAt} />
    <${Trouble} />
    ${status === "ended" ? html`<${Over} />` : html`<${Columns} />`}
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

function Columns() {
  const desk = useDesk();
  const tab = useDeskState((state) => state.tab);
  const others = useSlot("column");
  const isHost = desk.isHost;
  return html`
    <main class="columns" data-tab=${tab}>
      <${RunOfShow} />
      <div class="middle part" data-part="show">
        <${Stage} />
        <${Slot} place="middle" />
      </div>
      ${others.map(({ part, Content }) => html`<${Content} key=${part} />`)}
      ${isHost && html`<${Orders} />`}
    </main>
    <${Tabs} parts=${[SHOW, PRODUCTS, ...others, ...(isHost ? [ORDERS] : [])]} />`;
}

/** The show has ended: what it came to, and the columns of what goes on. */
function Over() {
  const desk = useDesk();
  const columns = useSlot("column");
  if (desk.isHost) return html`<main class="over"><${Slot} place="over" /><${Orders} /></main>`;
  return html`
    <main class="alone">
      ${columns.map(({ part, Content }) => html`<${Content} key=${part} />`)}
    </main>`;
}

function Tabs({ parts }) {
  const desk = useDesk();
  const tab = useDeskState((state) => state.tab);
  return html`
    <nav class="tabs" aria-label=${t("console.parts")}>
      ${parts.map(({ part, key }) => html`
        <button key=${part} type="button" data-part=${part} aria-pressed=${String(tab === part)}
          onClick=${() => desk.change({ tab: part })}>${t(key)}</button>`)}
    </nav>`;
}
