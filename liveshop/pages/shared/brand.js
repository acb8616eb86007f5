/** The shop's brand, as the head of a show's page tells it: its name, pictures and colours. */

const PLACE = 'meta[name="liveshop:brand"]';
const NONE = { name: null, logo: null, cover: null, sign_in_url: null, colours: null };

/** Return the brand of the page's show; that of a page that is told none has only nulls. */
export function readBrand() {
  const told = document.querySelector(PLACE)?.content;
  return told ? JSON.parse(told) : NONE;
}
