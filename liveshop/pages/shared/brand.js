/** The brand of the shop whose page this is: what it says, and its colours on the page. */

import { askJson } from "./api.js";
import { useEffect, useReducer } from "./html.js";

const sheet = new CSSStyleSheet();
const listeners = new Set();
let brand = null;

const colours = ({ brand, on_brand, brand_soft }) =>
  `:root { --accent: ${brand}; --on-accent: ${on_brand}; --accent-soft: ${brand_soft}; }`;

/** Take a brand, as the server describes it, for the page's; null is none. */
export function learnBrand(view) {
  brand = view;
  const { light, dark } = view?.colours ?? {};
  sheet.replaceSync(light
    ? `${colours(light)} @media (prefers-color-scheme: dark) { ${colours(dark)} }` : "");
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  for (const listener of listeners) listener();
}

/** Read the brand of the bearer's shop; a page without an answer looks neutral. */
export async function readBrand(token) {
  try {
    learnBrand(await askJson("GET", "/api/brand", { token }));
  } catch (refusal) {
    console.info(`the brand: ${refusal.message}`);
  }
}

/** The page's brand, or null; the component draws again when it changes. */
export function useBrand() {
  const [, draw] = useReducer((changes) => changes + 1, 0);
  useEffect(() => {
    listeners.add(draw);
    return () => listeners.delete(draw);
  }, []);
  return brand;
}
