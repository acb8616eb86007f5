/** The host's console: joins the show, and draws it. */

import { Shop } from "../client/shop.js";
import { takeToken } from "../client/storage.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { App } from "./app.js";
import { Desk } from "./desk.js";
import { Office } from "./office.js";

const sessionId = decodeURIComponent(location.pathname.split("/").pop());
const token = takeToken();
await loadLanguage();
const desk = new Desk(new Shop({ sessionId, token }), new Office(sessionId, token));
render(html`<${App} real=${desk} />`, document.getElementById("console"));
