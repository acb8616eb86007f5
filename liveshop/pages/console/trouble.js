/** The banner: it says what is wrong, what that means, and what happens now. Never silence. */

import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { farewell } from "../shared/words.js";
import { useStreamTrouble } from "./stream_trouble.js";

export function Trouble() {
  const desk = useDesk();
  const line = useShopState((state) => state.line);
  const closed = useShopState((state) => state.closed);
  const known = useShopState((state) => state.session !== null);
  const buying = useShopState((state) => state.session?.buying ?? true);
  const status = useShopState((state) => state.session?.status);
  const stream = useStreamTrouble();
  if (desk.rehearsal) return null;
  if (line === "closed") {
    return html`<p class="banner" role="alert">${farewell(closed)} ${" "}
      <a href="/">${t("console.all_shows")}</a></p>`;
  }
  if (!known) return html`<p class="banner" role="status">${t("console.joining")}</p>`;
  if (line !== "open") return html`<p class="banner" role="alert">${t("console.line_down")}</p>`;
  if (!buying && status !== "ended") {
    return html`<p class="banner" role="alert">${t("console.buying_paused")}</p>`;
  }
  if (stream) return html`<p class="banner" role="alert">${stream}</p>`;
  if (status === "paused") {
    return html`<p class="banner calm" role="status">${t("console.paused_words")}</p>`;
  }
  return null;
}
