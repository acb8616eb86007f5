/** How the pages speak: money, times, and a sentence for every refusal. */

/** Write an amount in minor units, as the reader's language does. */
export function money(amount, currency) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** Read an amount as people type it ("39", "39.90", "39,90") into minor units, or null. */
export function parseMoney(text, currency) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits;
  const parts = /^(\d{1,10})(?:[.,](\d+))?$/.exec(text.trim());
  if (parts === null || (parts[2] ?? "").length > digits) return null;
  return Number(parts[1] + (parts[2] ?? "").padEnd(digits, "0"));
}

/** Write an amount as an input wants it: "39.90". */
export function plainMoney(amount, currency) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits;
  return (amount / 10 ** digits).toFixed(digits);
}

/** 12,345 becomes 12.3K where space is short. */
export function short(count) {
  return new Intl.NumberFormat(undefined, { notation: "compact" }).format(count);
}

/** Write seconds as a clock: 00:31, 1:02:03. */
export function clock(seconds) {
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The time of day of an instant. */
export function timeOfDay(instantMs) {
  return new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(instantMs);
}

/** The day and time of an instant. */
export function dayAndTime(instantMs) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(undefined, style).format(instantMs);
}

/** A session's status, as a viewer reads it. */
export const STATUS = {
  draft: "Draft", scheduled: "Scheduled", live: "Live", paused: "Paused", ended: "Ended",
};

/** Find a SKU on the shelf: its product and variant, or nulls. */
export function onShelf(session, sku) {
  for (const product of session?.shelf ?? []) {
    const variant = product.variants.find((v) => v.sku === sku);
    if (variant) return { product, variant };
  }
  return { product: null, variant: null };
}

/** Name what a SKU is: "Ocean Blue Shirt, M". */
export function nameOf(session, sku) {
  const { product, variant } = onShelf(session, sku);
  if (product === null) return sku;
  return variant.label ? `${product.title}, ${variant.label}` : product.title;
}

function soldOut({ left }, { session, sku }) {
  const { product, variant } = onShelf(session, sku);
  const inLabel = variant?.label ? ` in ${variant.label}` : "";
  if (left > 0) return `Only ${left} left${inLabel}.`;
  const others = (product?.variants ?? []).filter((v) => v.sku !== sku && v.left > 0);
  if (others.length === 0) return `Sold out${inLabel}.`;
  const names = new Intl.ListFormat("en").format(others.map((v) => v.label));
  return `Sold out${inLabel}. ${names} ${others.length > 1 ? "are" : "is"} still there.`;
}

function limited({ limit, left }) {
  const have = limit - left;
  if (left > 0) return `At most ${limit} per person; ${left} more for you.`;
  return have > 0 ? `At most ${limit} per person; you have ${have}.` : "The limit is reached.";
}

const SENTENCES = {
  bad_request: () => "That could not be sent as it is.",
  unauthorized: () => "Open your personal link to chat and buy.",
  forbidden: () => "Your link does not allow this.",
  not_found: () => "This is no longer on the shelf.",
  not_live: () => "Buying opens when the show is live.",
  sold_out: soldOut,
  limit: limited,
  price_changed: ({ price }, { session }) =>
    `The price has changed: it is ${money(price, session.currency)} now.`,
  conflict: () => "This was already decided. Please try again.",
  expired: () => "Your reservation ran out.",
  busy: () => "Many are buying right now. Trying again…",
  rate_limited: () => "One moment.",
  unavailable: () => "Buying is paused for a moment. We will show what is still reserved.",
  internal: () => "Something went wrong on our side. Please try again.",
  offline: () => "The line was down. Nothing was ordered.",
};

/** Say in one sentence what a refusal means to a buyer. */
export function sentence(error, about) {
  return (SENTENCES[error.code] ?? SENTENCES.internal)(error, about);
}

/** Say why the line is closed for good. */
export function farewell(code) {
  const reasons = {
    4502: "Your link has expired or is not for this show.",
    4503: "You can no longer join this show.",
    4504: "This link is open in too many places. Close some and reload.",
    4505: "There is no such show.",
    4506: "This page is not allowed to open the show.",
    4507: "This page said too much at once. Reload to come back.",
  };
  return reasons[code] ?? "The page and the server do not understand each other. Please reload.";
}
