/** The line to the server: it reconnects automatically, and says when it is up, down or gone. */

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 20_000;
// Beyond ping_ms without a message, the line is dead.
const GRACE_MS = 10_000;
const JOIN_MS_MAX = 15_000;
const PROBE_MS_MAX = 5_000;

/** A refusal of the server, or `offline` where the line is down; `code` is the protocol's. */
export class Refused extends Error {
  constructor(fields) {
    super(fields.message);
    Object.assign(this, fields);
  }
}

const offline = () => new Refused({ code: "offline", message: "the line is down" });

/** Return how long to wait before coming back after a close, or null where one must not. */
export function waitAfter(code, lastMs, random = Math.random) {
  if ((code >= 4500 && code <= 4999) || [1002, 1007, 1009].includes(code)) return null;
  const wait = WAIT_MS_MIN + random() * (3 * lastMs - WAIT_MS_MIN);
  return Math.min(wait, WAIT_MS_MAX);
}

export class Line {
  #url;
  #token;
  #visitor;
  #onMessages;
  #onDown;
  #socket = null;
  #open = false;
  // By ref: {resolve, reject}.
  #waiting = new Map();
  #ref = 0;
  #lastWaitMs = WAIT_MS_MIN;
  #movedMs = null;
  // The ticket that lets it in first, until it is in.
  #turn = null;
  #pingMs = null;
  #alarm = 0;
  // The timer of the next try.
  #back = null;
  // The server said when that is to be.
  #told = false;
  #probe = 0;

  /**
   * `token` may be a function, asked again for each connection; a viewer without one is counted
   * once by `visitor`. `onMessages(messages)` hears what
   * the server says; `onDown({forGood, code})` that the line is down, for good or for a while.
   */
  constructor({ url, token, visitor, onMessages, onDown }) {
    this.#url = url;
    this.#token = token;
    this.#visitor = visitor;
    this.#onMessages = onMessages;
    this.#onDown = onDown;
    this.#connect();
  }

  /** Send a command; resolves with its answer, rejects with `Refused`. */
  ask(command) {
    if (!this.#open) return Promise.reject(offline());
    const ref = ++this.#ref;
    this.#socket.send(JSON.stringify({ ...command, ref }));
    return new Promise((resolve, reject) => this.#waiting.set(ref, { resolve, reject }));
  }

  /** Send a command that has no answer; it is lost while the line is down. */
  tell(command) {
    if (this.#open) this.#socket.send(JSON.stringify(command));
  }

  /** Find out now whether the line still holds: the device woke up, or changed its network. */
  async check() {
    if (this.#back !== null && !this.#told) this.#connect();
    if (!this.#open) return;
    clearTimeout(this.#probe);
    const probe = setTimeout(() => this.drop(), PROBE_MS_MAX);
    this.#probe = probe;
    await this.ask({ type: "time", client_ms: 0 }).catch(() => null);
    clearTimeout(probe);
  }

  /** Give this connection up and come back with another. */
  drop() {
    this.#lost(1006);
  }

  /** Go on as the bearer of another token, on a new connection at once. */
  renew(token) {
    this.#token = token;
    this.#leave();
    this.#connect();
  }

  /** Leave for good. */
  close() {
    this.#lost(null);
  }

  #connect() {
    clearTimeout(this.#back);
    this.#back = null;
    const query = this.#turn === null ? "" : `?turn=${encodeURIComponent(this.#turn)}`;
    const socket = new WebSocket(this.#url + query, "liveshop.v1");
    this.#socket = socket;
    this.#watch(JOIN_MS_MAX);
    socket.onopen = () => this.#hello(socket);
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lost(code);
  }

  async #hello(socket) {
    try {
      const token = typeof this.#token === "function" ? await this.#token() : this.#token;
      if (socket !== this.#socket) return;
      // A token says who it is.
      const visitor = token === null ? this.#visitor : null;
      socket.send(JSON.stringify({ type: "hello", ref: ++this.#ref, token, visitor }));
    } catch {
      // No token to be had now; perhaps the next time.
      if (socket === this.#socket) this.drop();
    }
  }

  #watch(silenceMs) {
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.drop(), silenceMs);
  }

  // A dead line is not waited for to say goodbye.
  #leave() {
    for (const timer of [this.#alarm, this.#back, this.#probe]) clearTimeout(timer);
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#open = false;
    const asked = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of asked) reject(offline());
  }

  // `code` is null where this side leaves.
  #lost(code) {
    this.#leave();
    const waitMs = code === null ? null : this.#movedMs ?? waitAfter(code, this.#lastWaitMs);
    this.#told = this.#movedMs !== null;
    this.#movedMs = null;
    this.#back = null;
    if (waitMs === null) return this.#onDown({ forGood: true, code });
    this.#lastWaitMs = Math.max(waitMs, WAIT_MS_MIN);
    this.#back = setTimeout(() => this.#connect(), waitMs);
    this.#onDown({ forGood: false, code });
  }

  #take(messages) {
    const welcome = messages.find((message) => message.type === "welcome");
    if (welcome) {
      this.#open = true;
      this.#lastWaitMs = WAIT_MS_MIN;
      this.#pingMs = welcome.ping_ms;
      this.#turn = null;
    }
    if (this.#pingMs !== null) this.#watch(this.#pingMs + GRACE_MS);
    const moved = messages.find((message) => message.type === "moved");
    if (moved) {
      this.#movedMs = moved.retry_after_ms;
      this.#turn = moved.turn ?? null;
    }
    this.#onMessages(messages);
    for (const message of messages) this.#settle(message);
  }

  #settle(message) {
    const asked = this.#waiting.get(message.ref);
    this.#waiting.delete(message.ref);
    if (message.type === "error") asked?.reject(new Refused(message));
    else asked?.resolve(message);
  }
}
