/** The console put together: its columns, what lies over them, and whom it is for. */

import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { ShopContext, useLanguage, useShop, useShopState } from "../shared/shop.js";
import { Announcer } from "./announcer.js";
import { Chat } from "./chat.js";
import { DeskContext, Desk, useDesk, useDeskState } from "./desk.js";
import { Dialogs } from "./dialogs.js";
import { Figures } from "./figures.js";
import { Header } from "./header.js";
import { useKeys } from "./keys.js";
import { Notice } from "./notice.js";
import { Orders } from "./orders.js";
import { RehearsalShop } from "./rehearsal.js";
import { RehearsalOffice } from "./rehearsal_office.js";
import { RunOfShow } from "./run_of_show.js";
import { Stage } from "./stage.js";
import { Summary } from "./summary.js";
import { Trouble } from "./trouble.js";

const PARTS = [
  ["show", () => t("console.tab.show")],
  ["products", () => t("console.tab.products")],
  ["chat", () => t("console.tab.chat")],
  ["orders", () => t("console.tab.orders")],
];

/** Switch between the real show and a rehearsal, which is thrown away. */
export function App({ real }) {
  useLanguage();
  const [desk, setDesk] = useState(real);
  const begin = () => {
    const ask = (step) => real.office.rehearse(step);
    const shop = new RehearsalShop(real.shop.state, real.shop.now(), ask);
    const desk = new Desk(shop, new RehearsalOffice(shop, real), { rehearsal: true });
    desk.change({ plan: real.state.plan });
    setDesk(desk);
  };
  const stop = () => {
    desk.shop.close();
    desk.close();
    setDesk(real);
  };
  return html`
    <${DeskContext.Provider} value=${desk}>
      <${ShopContext.Provider} value=${desk.shop}>
        <${Console} key=${desk.rehearsal} begin=${begin} stop=${stop} />
      <//>
    <//>`;
}

function Console({ begin, stop }) {
  const desk = useDesk();
  const known = useShopState((state) => state.session !== null && state.viewer !== null);
  const title = useShopState((state) => state.session?.title);
  const status = useShopState((state) => state.session?.status);
  useKeys();
  useEffect(() => {
    document.title = title ? t("console.page_title", { title }) : t("console.title");
  });
  if (!known || !desk.isModerator) return html`<${Outside} known=${known} />`;
  return html`
    <${Header} begin=${begin} stop=${stop} />
    <${Trouble} />
    ${status === "ended" ? html`<${Over} />` : html`<${Columns} />`}
    <${Notice} />
    <${Announcer} />
    <${Dialogs} />`;
}

function Outside({ known }) {
  const shop = useShop();
  const watch = `/watch/${encodeURIComponent(shop.sessionId)}`;
  return html`
    <header class="top"><h1>${t("console.title")}</h1></header>
    <main class="alone">
      <${Trouble} />
      ${known && html`
        <p class="banner" role="alert">${t("console.viewers_link")} ${" "}
          <a href=${watch}>${t("console.watch")}</a></p>`}
    </main>`;
}

function Columns() {
  const desk = useDesk();
  const tab = useDeskState((state) => state.tab);
  const isHost = desk.isHost;
  return html`
    <main class="columns" data-tab=${tab}>
      <${RunOfShow} />
      <div class="middle part" data-part="show">
        <${Stage} />
        ${isHost && html`<${Figures} />`}
      </div>
      <${Chat} />
      ${isHost && html`<${Orders} />`}
    </main>
    <${Tabs} parts=${PARTS.filter(([part]) => isHost || part !== "orders")} />`;
}

function Over() {
  const desk = useDesk();
  if (!desk.isHost) return html`<main class="alone"><${Chat} /></main>`;
  return html`<main class="over"><${Summary} /><${Orders} /></main>`;
}

function Tabs({ parts }) {
  const desk = useDesk();
  const tab = useDeskState((state) => state.tab);
  return html`
    <nav class="tabs" aria-label=${t("console.parts")}>
      ${parts.map(([part, word]) => html`
        <button key=${part} type="button" data-part=${part} aria-pressed=${String(tab === part)}
          onClick=${() => desk.change({ tab: part })}>${word()}</button>`)}
    </nav>`;
}
