/** The first page: the shows there are, and the way for hosts to plan one. */

import { takeBearer } from "../shared/bearer.js";
import { html, render } from "../shared/html.js";
import { loadLanguage } from "../shared/i18n.js";
import { claimsOf } from "../shared/rights.js";
import { App } from "./app.js";

const token = await takeBearer();
const place = document.getElementById("lobby");

await loadLanguage();
place.replaceChildren();
render(html`<${App} token=${token} claims=${claimsOf(token)} />`, place);
