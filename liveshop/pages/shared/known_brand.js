/** The brand of the shop whose page this is: what it says, and its colours on the page. */

import { askJson } from "./api.js";
import { useEffect, useReducer } from "./html.js";

const sheet = new CSSStyleSheet();
const listeners = new Set();
let brand = null;

const colours = ({ brand, on_brand, brand_soft }) =>
  `:root { --accent: ${brand}; --on-accent: ${on_brand}; --accent-soft: ${brand_soft}; }`;

/** The sheet of a brand; the server has checked its colours and the names of its fonts. */
function sheetOf({ colour, colours: { light, dark }, font_family }) {
  const font = font_family === null ? "" : `:root { --font: ${font_family}; }`;
  if (colour === null) return font; // the pages' own are neutral
  return `${colours(light)} @media (prefers-color-scheme: dark) { ${colours(dark)} } ${font}`;
}

/** Take a brand, as the server describes it, for the page's. */
export function learnBrand(view) {
  brand = view;
  sheet.replaceSync(sheetOf(view));
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
