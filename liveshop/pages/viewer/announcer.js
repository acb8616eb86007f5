/** Says prices and sales to who cannot see them, politely and one at a time; never the chat. */

import { html, useEffect, useState } from "../shared/html.js";
import { money, t } from "../shared/i18n.js";
import { useShop } from "../shared/shop.js";

const productOf = ({ shelf }, id) => shelf.find((product) => product.product_id === id);

function lowest(prices, currency) {
  return money(Math.min(...prices), currency);
}

/** Return the news from one session to the next, in a sentence, or null. */
function news(session, before) {
  const pinned = session.pinned.find((id) => !before.pinned.includes(id));
  const shown = pinned && productOf(session, pinned);
  if (shown) {
    const price = lowest(shown.variants.map((v) => v.price), session.currency);
    return t("news.pinned", { title: shown.title, price });
  }
  const idOf = (sale) => sale.product_id;
  const sale = session.sales.find((s) => !before.sales.map(idOf).includes(s.product_id));
  const cheap = sale && productOf(session, sale.product_id);
  if (cheap) {
    const price = lowest(Object.values(sale.prices), session.currency);
    return t("news.sale", { title: cheap.title, price });
  }
  const over = before.sales.find((s) => !session.sales.map(idOf).includes(s.product_id));
  const dear = over && productOf(session, over.product_id);
  if (dear) return t("news.sale_over", { title: dear.title });
  return session.status === before.status ? null : t(`news.${session.status}`);
}

export function Announcer() {
  const shop = useShop();
  const [said, setSaid] = useState("");
  useEffect(() => {
    let before = shop.state.session;
    return shop.subscribe(({ session }) => {
      if (session === before) return;
      const sentence = news(session, before);
      before = session;
      if (sentence) setSaid(sentence);
    });
  }, [shop]);
  return html`<p class="unseen" aria-live="polite">${said}</p>`;
}
