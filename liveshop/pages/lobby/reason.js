/** Why the server did not do what the first page asked for. */

import { t } from "../shared/i18n.js";

const KNOWN = new Set(["unauthorized", "forbidden", "unavailable", "offline"]);

const UNCERTAIN = new Set(["offline", "unavailable", "internal"]);

/** Tell whether it may have been done all the same: the answer may be all that was lost. */
export const isUncertain = ({ code }) => UNCERTAIN.has(code);

/** Say it in a sentence; what is wrong with a form is told in the server's words. */
export function reason({ code, message }) {
  return KNOWN.has(code) ? t(`lobby.refused.${code}`) : message;
}
