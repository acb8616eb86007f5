/**
 * The reader's language: which it is, its messages, and money, dates and numbers as it writes them.
 *
 *     await loadLanguage();
 *     t("refusal.sold_out_some", { n: 3 });  // "Only 3 left.", its plural chosen by n
 *     money(3900, "EUR");                    // "€39.00"
 *
 * A message is text with {places}, or an object of such texts by plural category, chosen by `n`.
 */

export const LANGUAGES = { en: "English", el: "Ελληνικά", zh: "中文", ru: "Русский" };

const PLACE = "liveshop:language";
const listeners = new Set();
let language = "en";
let messages = {};
let formats = new Map();

/** The code of the language in use. */
export function currentLanguage() {
  return language;
}

/** Return the first of the wanted languages that there is: "zh-Hant-HK" finds "zh". */
function chooseLanguage(wanted) {
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return known.find((code) => code in LANGUAGES) ?? "en";
}

// Storage may be forbidden, as in a frame of another site; the choice then ends with the page.
function remembered() {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

function remember(code) {
  try {
    localStorage.setItem(PLACE, code);
  } catch {
    // It is only a convenience.
  }
}

/** Load the messages of the language that was chosen before, or that the browser asks for. */
export function loadLanguage() {
  const chosen = remembered();
  return use(chooseLanguage(chosen ? [chosen, ...navigator.languages] : navigator.languages));
}

/** Change to another language, for this visit and the next. */
export function setLanguage(code) {
  remember(code);
  return use(code);
}

/** Call `listener` after each change of language; returns what ends it. */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function use(code) {
  const answer = await fetch(new URL(`../messages/${code}.json`, import.meta.url));
  messages = await answer.json();
  language = code;
  formats = new Map();
  document.documentElement.lang = code;
  for (const listener of listeners) listener(code);
}

// Formats are dear to make and the pages ask for them many times a second.
function format(kind, options) {
  const key = kind.name + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new kind(language, options));
  return formats.get(key);
}

/** Return a message in the reader's language; numbers among `values` are written as it does. */
export function t(key, values = {}) {
  const found = messages[key] ?? key;
  const text = typeof found === "string" ? found
    : found[format(Intl.PluralRules).select(values.n)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : value ?? place;
  });
}

/** Write a number: 12,345. */
export function number(value) {
  return format(Intl.NumberFormat).format(value);
}

/** Write a number where space is short: 12K. */
export function short(value) {
  return format(Intl.NumberFormat, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** Write a share of one as a percentage. */
export function percent(share) {
  return format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

const inCurrency = (currency) => format(Intl.NumberFormat, { style: "currency", currency });

/** How many digits of a currency are after the point: 2 for EUR, 0 for JPY. */
function minorDigits(currency) {
  return inCurrency(currency).resolvedOptions().maximumFractionDigits;
}

/** Write an amount in minor units. */
export function money(amount, currency) {
  return inCurrency(currency).format(amount / 10 ** minorDigits(currency));
}

/** Read an amount as people type it ("39", "39.90", "39,90") into minor units, or null. */
export function parseMoney(text, currency) {
  const digits = minorDigits(currency);
  const parts = /^(\d{1,10})(?:[.,](\d+))?$/.exec(text.trim());
  if (parts === null || (parts[2] ?? "").length > digits) return null;
  return Number(parts[1] + (parts[2] ?? "").padEnd(digits, "0"));
}

/** Write an amount as an input wants it: "39.90". */
export function plainMoney(amount, currency) {
  const digits = minorDigits(currency);
  return (amount / 10 ** digits).toFixed(digits);
}

/** Write seconds as a clock: 00:31, 1:02:03; the same in every language. */
export function clock(seconds) {
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The time of day of an instant. */
export function timeOfDay(instantMs) {
  return format(Intl.DateTimeFormat, { timeStyle: "short" }).format(instantMs);
}

/** The time of day to the second, as a log shows it. */
export function timeToSecond(instantMs) {
  return format(Intl.DateTimeFormat, { timeStyle: "medium" }).format(instantMs);
}

/** The day and time of an instant. */
export function dayAndTime(instantMs) {
  return format(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(instantMs);
}

/** Write "S, M and L". */
export function listOf(names) {
  return format(Intl.ListFormat, { type: "conjunction" }).format(names);
}
