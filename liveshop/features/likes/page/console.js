/** How much a show is liked, in the console's line at the top. */

import { html } from "../../../pages/shared/html.js";
import { short, t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";

function Likes() {
  const likes = useShopState((state) => state.session.likes);
  return html`
    <span class="likes"><span aria-hidden="true">♥</span>
      <span class="unseen">${t("likes.title")}</span> ${short(likes)}</span>`;
}

export const slots = { header: Likes };
