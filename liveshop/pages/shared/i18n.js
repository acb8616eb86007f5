/**
 * The reader's language: which it is, and its messages; and money, dates and numbers, which are
 * written as the reader's device writes them: in the United Kingdom, English has no AM and PM.
 *
 *     await loadLanguage();
 *     t("refusal.sold_out_some", { n: 3 });  // "Only 3 left.", its plural chosen by n
 *     money(3900, "EUR");                    // "€39.00"
 *
 * A message is text with {places}, or an object of such texts by plural category, chosen by `n`.
 */

import { GIVEN } from "./given.js";

export const LANGUAGES = { en: "English", el: "Ελληνικά", zh: "中文", ru: "Русский" };

const PLACE = "liveshop:language";
const PRICE_MINOR_MAX = 10 ** 12;
const NUMBER_CHARS_MAX = 40;
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

async function fetched(code) {
  const answer = await fetch(new URL(`../messages/${code}.json`, import.meta.url));
  return answer.json();
}

async function use(code) {
  messages = GIVEN[code] ?? await fetched(code);
  language = code;
  formats = new Map();
  document.documentElement.lang = code;
  for (const listener of listeners) listener(code);
}

// Words follow the language of the page; everything else follows the device.
const WORDS = new Set([Intl.PluralRules, Intl.ListFormat]);

// Formats are dear to make and the pages ask for them many times a second.
function format(kind, options) {
  const key = kind.name + JSON.stringify(options);
  const locale = WORDS.has(kind) ? language : globalThis.navigator?.language ?? language;
  if (!formats.has(key)) formats.set(key, new kind(locale, options));
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

// The decimals of each currency, as the server said. A browser's own digits are those of cash, or
// of another edition than the server's, and one amount would be two.
const digitsOf = new Map();

/** Learn how many digits of a currency are after the point, from what the server sends with it. */
export function learnCurrency({ currency, currency_digits }) {
  if (currency_digits !== undefined) digitsOf.set(currency, currency_digits);
}

/** How many digits of a currency are after the point: 2 for EUR, 0 for JPY. */
function minorDigits(currency) {
  // A server of the release before does not say.
  return digitsOf.get(currency)
    ?? format(Intl.NumberFormat, { style: "currency", currency })
      .resolvedOptions().maximumFractionDigits;
}

/** Write an amount in minor units. */
export function money(amount, currency) {
  const digits = minorDigits(currency);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return format(Intl.NumberFormat, { style: "currency", currency, ...options })
    .format(amount / 10 ** digits);
}

const GAPS = /[ \u00a0\u2009\u202f'\u2019]/g;
const SEPARATOR = /([_.,])/;

/** The digits and decimals of a number whose thousands are parted, or null. */
function grouped(figures, separators) {
  const last = separators.at(-1);
  const pointed = last !== separators[0] && last !== "_";
  const groups = pointed ? figures.slice(0, -1) : figures;
  const gaps = pointed ? separators.slice(0, -1) : separators;
  // Groups of two are India's: 12,34,567.00.
  const fits = groups.length > 1 && /^[1-9]\d{0,2}$/.test(groups[0]) && new Set(gaps).size === 1
    && groups.slice(1).every((each) => each.length === 2 || each.length === 3)
    && groups.at(-1).length === 3;
  return fits ? [groups.join(""), pointed ? figures.at(-1) : ""] : null;
}

/** Take "1,290.50" apart: the digits before the decimals, and the decimals; or null. */
function takenApart(text, digits) {
  const parts = text.split(SEPARATOR);
  const figures = parts.filter((each, index) => index % 2 === 0);
  const separators = parts.filter((each, index) => index % 2 === 1);
  if (figures.some((each) => !/^\d+$/.test(each)) || text.length > NUMBER_CHARS_MAX) return null;
  if (separators.length === 0) return [text, ""];
  const parted = grouped(figures, separators);
  if (separators.length > 1 || separators[0] === "_") return parted;
  // "1,290" may be either where there are decimals.
  return parted === null || separators[0] === "." ? figures : digits > 0 ? null : parted;
}

/** Read an amount as people type it ("39", "39.90", "1 290,00") into minor units, or null. */
export function parseMoney(text, currency) {
  const digits = minorDigits(currency);
  const number = text.trim();
  const parts = number.includes("_") ? null : takenApart(number.replace(GAPS, "_"), digits);
  if (parts === null) return null;
  const [whole, decimals] = parts;
  // Three noughts may be of thousands: 12.000 is no price where a currency has 0 or 2 decimals.
  const thousands = decimals.length === 3 && digits < 3 && whole.length <= 3 && /[1-9]/.test(whole);
  if (thousands || /[1-9]/.test(decimals.slice(digits))) return null;
  const price = Number(whole + decimals.slice(0, digits).padEnd(digits, "0"));
  return price > PRICE_MINOR_MAX ? null : price;
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

/** The day and time of an instant. */
export function dayAndTime(instantMs) {
  return format(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(instantMs);
}

/** Write "S, M and L". */
export function listOf(names) {
  return format(Intl.ListFormat, { type: "conjunction" }).format(names);
}
