/** The server's clock as seen from here, and counting down by it. */

const SAMPLES = 5;
const COUNTDOWNS_MAX = 200;

/** The clock; of the last round trips the quickest is believed. */
export class Clock {
  #samples = [];
  #offset = 0;
  // By instant: the fewest seconds shown.
  #fewest = new Map();

  /** The server's time in milliseconds. */
  now() {
    return performance.now() + this.#offset;
  }

  /** Set the clock by one instant, which is late by the time that its message took. */
  reset(serverMs) {
    this.#samples = [];
    this.#offset = serverMs - performance.now();
  }

  /** Believe the next round trip: this device slept, and its own clock may have stood still. */
  forget() {
    this.#samples = [];
  }

  /** Take in a round trip that was sent at `sentMs` by `performance.now()`. */
  sample(sentMs, serverMs) {
    const receivedMs = performance.now();
    const offset = serverMs - (sentMs + receivedMs) / 2;
    this.#samples = [...this.#samples, { trip: receivedMs - sentMs, offset }].slice(-SAMPLES);
    this.#offset = this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a)).offset;
  }

  /** Whole seconds from `nowMs` to an instant; for one instant they never go up. */
  secondsTo(instantMs, nowMs = this.now()) {
    const seconds = Math.max(0, Math.ceil((instantMs - nowMs) / 1000));
    const shown = Math.min(seconds, this.#fewest.get(instantMs) ?? seconds);
    this.#fewest.delete(instantMs);
    this.#fewest.set(instantMs, shown);
    if (this.#fewest.size > COUNTDOWNS_MAX) {
      this.#fewest.delete(this.#fewest.keys().next().value);
    }
    return shown;
  }
}
