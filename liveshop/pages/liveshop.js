/**
 * The liveshop client, for the pages of merchants: `import { Shop } from ".../liveshop.js"`.
 * docs/client.md describes it; docs/embed.md has a whole page.
 */

import { STATES } from "./features/states.js";
import { Shop as Kernel } from "./pages/client/shop.js";
import { reduce as kernel } from "./pages/client/state.js";

export { Clock } from "./pages/client/clock.js";
export { Refused, waitAfter } from "./pages/client/line.js";
export { OPEN, offer, priceAt } from "./pages/client/state.js";
export { tabStorage, takeToken } from "./pages/client/storage.js";

export class Shop extends Kernel {
  constructor(options) {
    super({ features: STATES, ...options });
  }
}

export const reduce = (state, message) => kernel(state, message, STATES);
