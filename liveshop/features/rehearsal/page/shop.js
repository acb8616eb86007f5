/**
 * A show to rehearse: the real one's products and a crowd that is made up. The server decides every
 * command by the rules of a real show, from the state that this page keeps and nobody else has.
 */

import { initialState, reduce } from "../../../pages/client/state.js";
import { Catalogue } from "./catalogue.js";
import { gathered, happenings } from "./crowd.js";
import { RehearsalFigures } from "./figures.js";

const BEAT_MS = 1_000;
// A crowd meets these in shows too: it asks for what is sold out, is muted, or talks too soon.
const OF_SHOWS = new Set(["conflict", "expired", "forbidden", "limit", "not_found", "not_live",
  "price_changed", "rate_limited", "sold_out"]);

/** Begin where the real show is, but scheduled, so that going live can be rehearsed. */
function beginning(session, nowMs, features) {
  return Object.assign({ ...structuredClone(session), viewers: 0, status: "scheduled",
    starts_at_ms: null, sales: [], pinned: [], buying: true, now_ms: nowMs },
  ...features.map(({ begun }) => begun));
}

/** Return the fields of a session that no answer of the server has: the pages' own. */
const ownOf = (session, answered) =>
  Object.fromEntries(Object.entries(session).filter(([name]) => !(name in answered)));

/** The face of `Shop` that the console uses. */
export class RehearsalShop {
  /** Is told once of what keeps the crowd from acting, until it can act again. */
  onTrouble = () => {};
  #troubled = false;
  #listeners = new Set();
  #offsetMs;
  #ask;
  #features;
  #crowd;
  #kept; // the state of the rehearsal as the server answered it last
  #last = Promise.resolve();
  #acting = false;
  #closed = false;

  /**
   * `ask(step)` has the server decide a step; it resolves with what follows from that. `features`
   * are those of the real show. `crowd()` returns what yields their steps of the made-up crowd, by
   * the session and the time, as `happenings` does.
   */
  constructor({ session, viewer }, nowMs, ask, features, crowd = () => []) {
    this.sessionId = session.id;
    this.#offsetMs = nowMs - performance.now();
    this.#ask = ask;
    this.#features = features;
    this.#crowd = crowd;
    this.#kept = { session: beginning(session, Math.round(nowMs), features) };
    this.figures = new RehearsalFigures(this.#kept.session);
    const initial = Object.assign({}, initialState, ...features.map((each) => each.initial));
    this.state = { ...initial, line: "open", viewer, session: this.#kept.session,
      stats: this.figures.stats };
    this.catalogue = new Catalogue(session.shelf);
    this.timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  close() {
    this.#closed = true;
    clearInterval(this.timer);
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  now() {
    return performance.now() + this.#offsetMs;
  }

  secondsTo(instantMs) {
    return Math.max(0, Math.ceil((instantMs - this.now()) / 1000));
  }

  /** The words that the chat refuses. */
  get words() {
    return this.#kept.words ?? [];
  }

  /** Carry out a command of the host; rejects with `Refused`. */
  async send(command) {
    await this.#decide({ command });
    return { type: "ok" };
  }

  /** Have the server decide a step: one at a time, since each begins where the one before ended. */
  #decide({ command, viewer = null }) {
    const step = this.#last.then(async () => {
      const { viewers, likes } = this.state.session;
      const state = { ...this.#kept, session: { ...this.#kept.session, viewers, likes },
        products: this.catalogue.offered(command) };
      const answer = await this.#ask({ state, command, viewer });
      if (!this.#closed) this.#hear(answer, command);
    });
    this.#last = step.catch(() => {});
    return step;
  }

  /** Show what the server has decided as if a socket had brought it. */
  #hear({ events, order, state }, command) {
    const before = this.#kept.session;
    this.#kept = state;
    this.catalogue.keep(state.products);
    for (const event of events) {
      if (event.type === "session.started") this.figures.begin(event.at_ms);
      this.#take(event);
    }
    if (order) {
      this.figures.count(order, this.now());
      this.#take({ type: "order", ...order });
      this.#take(this.figures.stats);
    }
    if (command?.viewer_id) {
      const { [command.viewer_id]: until_ms = this.now() } = state.muted;
      this.#take({ type: "viewer.muted", viewer_id: command.viewer_id, until_ms });
    }
    const { viewers, likes } = this.state.session;
    const own = ownOf(this.state.session, before);
    this.#take({ ...own, ...state.session, viewers, likes });
  }

  #take(message) {
    this.state = reduce(this.state, message, this.#features);
    for (const listener of this.#listeners) listener(this.state, message);
  }

  /** A second of a made-up show: people come and like it, talk, and buy what is shown. */
  async #beat() {
    const { session } = this.state;
    if (session.status === "live") {
      const { viewers, likes } = gathered(session);
      this.#take({ type: "pulse", now_ms: Math.round(this.now()), viewers, likes });
      this.#take(this.figures.record({ viewers, likes }, this.now()));
    }
    if (this.#acting) return; // a slow server makes a quieter crowd, and no queue
    this.#acting = true;
    const wishes = [happenings, ...this.#crowd()].flatMap((of) => [...of(session, this.now())]);
    for (const step of wishes) {
      await this.#decide(step).then(() => this.#tell(null), (refusal) => this.#tell(refusal));
    }
    this.#acting = false;
  }

  /** Note what a step of the crowd was refused by: the server may be away, or of another mind. */
  #tell(refusal) {
    const troubled = refusal !== null && !OF_SHOWS.has(refusal.code);
    if (troubled && !this.#troubled && !this.#closed) this.onTrouble(refusal);
    this.#troubled = troubled;
  }
}
