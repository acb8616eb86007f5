/** The first page: the shows there are, and the way for hosts to plan one. */

import { FEATURES, load } from "../../features/parts.js";
import { takeBearer } from "../shared/bearer.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { claimsOf } from "../shared/rights.js";
import { Slots, SlotsContext } from "../shared/slots.js";
import { App } from "./app.js";

const token = await takeBearer();
const place = document.getElementById("lobby");

// Features add something for hosts here, and nothing for others.
const slots = new Slots(FEATURES, load, "lobby");
await Promise.all([loadLanguage(), token !== null && slots.begin()]);
place.replaceChildren();
render(html`
  <${SlotsContext.Provider} value=${slots}>
    <${App} token=${token} claims=${claimsOf(token)} />
  <//>`, place);
