/** The number that is being typed, and the product that ⏎ would show by it. */

import { useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { productOfNumber } from "./keys.js";

export function Typed() {
  const typed = useDeskState((state) => state.typed);
  const title = useShopState(({ session }) => productOfNumber(session, typed)?.title ?? null);
  return html`
    <div class="typed-place" role="status">
      ${typed !== "" && html`
        <p class="typed"><b>${typed}</b> <kbd>⏎</kbd>
          <bdi>${title ?? t("console.no_number", { number: typed })}</bdi></p>`}
    </div>`;
}
