/** The first page: the shop's shows for everybody, and for hosts what they plan and set. */

import { FEATURES, load } from "../../features/parts.js";
import { takeBearer } from "../shared/bearer.js";
import { readBrand } from "../shared/known_brand.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { claimsOf } from "../shared/rights.js";
import { Slots, SlotsContext } from "../shared/slots.js";
import { App } from "./app.js";

const token = await takeBearer();
const place = document.getElementById("lobby");

const slots = new Slots(FEATURES, load, "lobby");
await Promise.all([loadLanguage(), readBrand(token), slots.begin()]);
place.replaceChildren();
render(html`
  <${SlotsContext.Provider} value=${slots}>
    <${App} token=${token} claims=${claimsOf(token)} />
  <//>`, place);
