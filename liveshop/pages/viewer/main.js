/** The viewer's page: joins the show, loads the reader's language meanwhile, and draws. */

import { FEATURES, load } from "../../features/parts.js";
import { STATES } from "../../features/states.js";
import { Shop } from "../client/shop.js";
import { takeBearer } from "../shared/bearer.js";
import { readBrand } from "../shared/brand.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { learnBrand } from "../shared/known_brand.js";
import { ShopContext, followCurrency } from "../shared/shop.js";
import { Slots, SlotsContext } from "../shared/slots.js";
import { App } from "./app.js";
import { followTurn } from "./banner.js";
import { followWish } from "./identity.js";
import { followSales } from "./price.js";

const sessionId = decodeURIComponent(location.pathname.split("/").pop());

const brand = readBrand();
if (brand.colours) learnBrand(brand);

const shop = new Shop({ sessionId, token: await takeBearer(sessionId), features: STATES });
const slots = new Slots(FEATURES, load, "viewer");
const place = document.getElementById("app");

followCurrency(shop);
followTurn(shop);
followWish(shop);
followSales(shop);
slots.follow(shop);
await Promise.all([loadLanguage(), slots.begin()]);
place.replaceChildren();
render(html`
  <${ShopContext.Provider} value=${shop}>
    <${SlotsContext.Provider} value=${slots}><${App} /><//>
  <//>`, place);
