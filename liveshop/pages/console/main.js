/** The host's console: joins the show, and draws it. */

import { FEATURES, load } from "../../features/parts.js";
import { STATES } from "../../features/states.js";
import { Shop } from "../client/shop.js";
import { takeBearer } from "../shared/bearer.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { readRights } from "../shared/rights.js";
import { followCurrency } from "../shared/shop.js";
import { Slots } from "../shared/slots.js";
import { App } from "./app.js";
import { Desk } from "./desk.js";
import { Office } from "./office.js";
import { beginTheme } from "./theme.js";

beginTheme();
const sessionId = decodeURIComponent(location.pathname.split("/").pop());
const token = await takeBearer();
const slots = new Slots(FEATURES, load, "console");
const [rights] = await Promise.all([readRights(token), loadLanguage(), slots.begin()]);
const shop = new Shop({ sessionId, token, features: STATES });
followCurrency(shop);
slots.follow(shop);
const desk = new Desk(shop, new Office(sessionId, token), slots, { rights });
render(html`<${App} real=${desk} />`, document.getElementById("console"));
await slots.wakeAll(shop);
