/** Says prices and sales to who cannot see them, politely and one at a time; never the chat. */

import { priceAt } from "../client/state.js";
import { html, useLayoutEffect, useState } from "../shared/html.js";
import { money, t } from "../shared/i18n.js";
import { useShop } from "../shared/shop.js";

const productOf = ({ shelf }, id) => shelf.find((product) => product.product_id === id);

function lowest(prices, currency) {
  return money(Math.min(...prices), currency);
}

const priceOf = (product, sku) => product?.variants.find((v) => v.sku === sku)?.price;

/** Return what is pinned, as it was before, too, at another price. */
function repriced(session, before) {
  return session.pinned.map((id) => productOf(session, id)).find((product) => {
    const was = product && productOf(before, product.product_id);
    return was && product.variants.some((v) => (priceOf(was, v.sku) ?? v.price) !== v.price);
  });
}

/** Return the news from one session to the next, in a sentence, or null. */
function news(session, before, nowMs) {
  const pinned = session.pinned.find((id) => !before.pinned.includes(id));
  const shown = (pinned && productOf(session, pinned)) || repriced(session, before);
  if (shown) {
    const prices = shown.variants.map((v) => priceAt(session, shown, v, nowMs).price);
    const price = lowest(prices, session.currency);
    return t(pinned ? "news.pinned" : "news.price", { title: shown.title, price });
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
  useLayoutEffect(() => {
    let before = shop.state.session;
    return shop.subscribe(({ session }) => {
      if (session === before) return;
      const sentence = news(session, before, shop.now());
      before = session;
      if (sentence) setSaid(sentence);
    });
  }, [shop]);
  return html`<p class="unseen" aria-live="polite">${said}</p>`;
}
