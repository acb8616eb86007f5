/**
 * The liveshop client, for the pages of merchants: `import { Shop } from ".../liveshop.js"`.
 * docs/client.md describes it; docs/embed.md has a whole page.
 */

export { Clock } from "./pages/client/clock.js";
export { Refused, waitAfter } from "./pages/client/line.js";
export { Shop } from "./pages/client/shop.js";
export { OPEN, offer, priceAt, reduce } from "./pages/client/state.js";
export { tabStorage, takeToken } from "./pages/client/storage.js";
