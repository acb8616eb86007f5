/** Asks again what was refused or not answered, until it is told: nobody is there to press F5. */

import { Refused } from "../client/line.js";

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 20_000;

/** Carry out `attempt` until it is not refused, each time waiting longer; returns what ends it. */
export function untilDone(attempt) {
  let timer = 0;
  let ended = false;
  const tryOnce = async (waitMs) => {
    try {
      await attempt();
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      const next = () => tryOnce(Math.min(2 * waitMs, WAIT_MS_MAX));
      if (!ended) timer = setTimeout(next, waitMs);
    }
  };
  tryOnce(WAIT_MS_MIN);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
