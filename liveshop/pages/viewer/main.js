/** The viewer's page: joins the show, loads the reader's language meanwhile, and draws. */

import { Shop } from "../client/shop.js";
import { takeToken } from "../client/storage.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { ShopContext } from "../shared/shop.js";
import { App } from "./app.js";

const sessionId = decodeURIComponent(location.pathname.split("/").pop());
const shop = new Shop({ sessionId, token: takeToken() });
const place = document.getElementById("app");

await loadLanguage();
place.replaceChildren();
render(html`<${ShopContext.Provider} value=${shop}><${App} /><//>`, place);
