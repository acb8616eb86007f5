/** The newest pinned product's picture, drifting in the place of a video. */

import { html } from "../shared/html.js";
import { useShopState } from "../shared/shop.js";

function imageOf({ session }) {
  const { pinned, shelf } = session;
  const shown = shelf.find((p) => p.product_id === pinned.at(-1)) ?? shelf[0];
  return shown?.image ?? null;
}

export function Picture() {
  const image = useShopState(imageOf);
  return html`
    <div class="picture" aria-hidden="true">
      ${image && html`<img key=${image} src=${image} alt="" />`}
    </div>`;
}
