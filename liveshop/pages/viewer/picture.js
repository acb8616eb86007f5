/** The pictures in the place of the video: the show's cover, and what is pinned. */

import { readBrand } from "../shared/brand.js";
import { html, useRef } from "../shared/html.js";
import { screenSized, sized } from "../shared/pictures.js";
import { useShopState } from "../shared/shop.js";
import { useFit } from "./fit.js";

const brand = readBrand();
const FILL_PX = 320; // a blurred picture needs few
const BEFORE_AND_AFTER = new Set(["draft", "scheduled", "ended"]);

function pinnedImage({ pinned, shelf }) {
  const shown = shelf.find((p) => p.product_id === pinned.at(-1)) ?? shelf[0];
  return shown?.image ?? null;
}

const coverOf = (session) => session?.cover_url ?? brand.cover;

/** Before and after the show its cover; while it is on, and has no video, what is pinned. */
function imageOf({ session }) {
  const cover = coverOf(session);
  return BEFORE_AND_AFTER.has(session.status) ? cover ?? pinnedImage(session)
    : pinnedImage(session) ?? cover;
}

/** A blurred picture behind everything, so that the stage is never black. */
export function Backdrop() {
  const image = useShopState(({ session }) =>
    coverOf(session) ?? (session && pinnedImage(session)) ?? null);
  return html`
    <div class="backdrop" aria-hidden="true">
      ${image && html`<img key=${image} src=${sized(image, FILL_PX)} alt="" />`}
    </div>`;
}

function Photo({ image }) {
  const photo = useRef(null);
  const fit = useFit(photo);
  return html`
    <img class="fill" src=${sized(image, FILL_PX)} alt="" />
    <img class=${`photo ${fit}`} ref=${photo} src=${screenSized(image)}
      alt="" />`;
}

/** A picture, filled and still, but for a zoom that one hardly sees. */
export function Picture() {
  const image = useShopState(imageOf);
  return html`
    <div class="picture" aria-hidden="true">
      ${image && html`<${Photo} key=${image} image=${image} />`}
    </div>`;
}
