/** What a practice refuses. */

import { Refused } from "../client/line.js";

/** Refuse something as the server would. */
export function refuse(code, message, fields = {}) {
  throw new Refused({ code, message, reason: message, ...fields });
}
