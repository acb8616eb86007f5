/**
 * The offers that a host means to open, in their order. They stay in this browser: among them are
 * secret codes, which nobody else may read, and the plan of a show is read by all of its staff.
 */

import { watched } from "./watched.js";

const PLANNED_MAX = 20;
const plans = watched();

const placeOf = ({ sessionId }, what) => `liveshop:${what}:${sessionId}`;

function read(place, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(place, value) {
  try {
    localStorage.setItem(place, JSON.stringify(value));
  } catch {
    // It stays until the page is left.
  }
  plans.tell();
}

/** The forms of the planned offers, the next one first. */
export const plannedOf = (shop) => read(placeOf(shop, "offers"), []);

export function plan(shop, form) {
  write(placeOf(shop, "offers"), [...plannedOf(shop), form].slice(0, PLANNED_MAX));
}

/** Put a planned offer in the place of another, or take it away: `form` is null. */
export function replan(shop, place, form) {
  const forms = plannedOf(shop).flatMap((each, at) => (at === place ? form ?? [] : [each]));
  write(placeOf(shop, "offers"), forms);
}

/** The code of an open offer that only its host knows; undefined in other browsers. */
export const codeOf = (shop, offer) => read(placeOf(shop, "codes"), {})[offer];

export function keepCode(shop, offer, code) {
  write(placeOf(shop, "codes"), { ...read(placeOf(shop, "codes"), {}), [offer]: code });
}

/** Draw the component again when something is planned. */
export const usePlans = plans.useChanges;
