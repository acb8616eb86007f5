/** Everything that draws: preact, its hooks, and `html`, which describes elements as text. */

import htm from "../vendor/htm/htm.js";
import { h } from "../vendor/preact/preact.js";

export { createContext, render } from "../vendor/preact/preact.js";
export {
  useContext, useEffect, useId, useLayoutEffect, useReducer, useRef, useState,
} from "../vendor/preact/hooks.js";

/** Values in it are text: nothing that people write is ever read as HTML. */
export const html = htm.bind(h);
