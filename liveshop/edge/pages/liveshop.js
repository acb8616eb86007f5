/**
 * The liveshop client, for the pages of merchants: `import { Shop } from ".../liveshop.js"`.
 * docs/client.md describes it; docs/embed.md has a whole page.
 */

export * from "./pages/client/shop.js";
