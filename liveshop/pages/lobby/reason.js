/** Why the server did not do what the first page asked for. */

import { t } from "../shared/i18n.js";

const KNOWN = new Set(["unauthorized", "forbidden", "unavailable", "offline"]);

const UNCERTAIN = new Set(["offline", "unavailable", "internal"]);

/** Return true if it may have been done anyway: the answer may be all that was lost. */
export const isUncertain = ({ code }) => UNCERTAIN.has(code);

/** Say it in a sentence; the server's own words tell what is wrong with a form. */
export function reason({ code, message }) {
  return KNOWN.has(code) ? t(`lobby.refused.${code}`) : message;
}
