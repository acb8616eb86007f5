/** The crowd of a rehearsal: its wishes are made up here, and the server decides what it gets. */

import { uuid } from "../../../pages/client/uuid.js";

const SAID = ["❤", "M?", "…?", "👏", "L?", "😍"];
const CROWD = ["Ada", "Bo", "Chen", "Δήμητρα", "Егор", "Fay"];
const SAYS = 0.3; // of the seconds
const BUYS = 0.35;

const among = (list) => list[Math.floor(Math.random() * list.length)];

const somebody = () => {
  const name = among(CROWD);
  return { id: name, name };
};

/** Return how many watch after another second, and how many likes there are. */
export function gathered({ viewers, likes }) {
  return {
    viewers: Math.max(3, viewers + Math.floor(Math.random() * 7) - 2),
    likes: likes + among([0, 1, 3]),
  };
}

/** Yield the steps of a second: time that ends a sale, something said, something bought. */
export function* happenings({ status, sales, shelf, pinned }, nowMs) {
  if (status !== "ended" && sales.some((sale) => sale.ends_at_ms <= nowMs)) yield { command: null };
  if (status !== "live") return;
  if (Math.random() < SAYS) {
    yield { command: { type: "say", text: among(SAID) }, viewer: somebody() };
  }
  const product = shelf.find((p) => p.product_id === pinned.at(-1));
  const variant = product && among(product.variants.filter((v) => v.left > 0));
  if (variant && Math.random() < BUYS) {
    const { sku } = variant;
    yield { command: { type: "buy", rid: uuid(), sku, quantity: 1 }, viewer: somebody() };
  }
}
