/**
 * The states of the features that are there from the start, by name: all that the client takes of
 * features. Their list, `parts.js`, is only for the pages.
 */

import * as bought from "./bought/page/state.js";
import * as chat from "./chat/page/state.js";
import * as likes from "./likes/page/state.js";

export const BY_NAME = {
  chat,
  likes,
  bought,
};

export const STATES = Object.values(BY_NAME);
