/**
 * The places of a page that features fill. A feature that a message wakes is loaded then, and its
 * state takes in what has come meanwhile.
 */

import { isEvent } from "../client/state.js";
import { createContext, html, useContext, useEffect, useReducer } from "./html.js";

const WAITING_MAX = 1_000;

/** The `Slots` of the page; its root provides them. */
export const SlotsContext = createContext(null);

const isSome = (value) => Object.keys(value ?? {}).length > 0;

/** Return true if a feature has to be there for a message. */
const wakes = (feature, message) =>
  message.type.startsWith(feature.wakes)
  || [feature.field].flat().some((field) => isSome(message[field]));

/** A feature that is not loaded yet, and the messages that wait until its state is. */
class Sleeper {
  isWaking = false;
  #messages = [];
  #isWhole = true;

  constructor(feature) {
    this.feature = feature;
  }

  /** The messages that its state has to take in; null if some are gone. */
  get messages() {
    return this.#isWhole ? this.#messages : null;
  }

  /** Keep a message; a snapshot has in it all that came before. */
  keep(message) {
    if (message.type === "session") [this.#messages, this.#isWhole] = [[], true];
    if (this.#messages.length < WAITING_MAX) this.#messages.push(message);
    else this.#isWhole = false;
  }

  /** Sleep on until the next message that wakes it: it could not be loaded. */
  sleepOn() {
    [this.isWaking, this.#messages, this.#isWhole] = [false, [], false];
  }
}

export class Slots {
  #features;
  #load;
  #page;
  #asleep;
  #filled = new Map(); // feature → the slots that its module fills
  #welcome = null;
  #offset = null;
  #listeners = new Set();

  /**
   * `page` is "viewer", "console" or "lobby": of each of the `features` the module of that name is
   * loaded, by `load(feature, module)`.
   */
  constructor(features, load, page) {
    this.#features = features.filter(({ pages }) => pages.includes(page));
    this.#load = load;
    this.#page = page;
    this.#asleep = this.#features.filter(({ wakes }) => wakes).map((each) => new Sleeper(each));
  }

  /** Load the features that are there from the start. */
  async begin() {
    const present = this.#features.filter(({ wakes }) => !wakes);
    await Promise.all(present.map(async (feature) => {
      const page = await this.#module(feature, this.#page);
      if (page) this.#fill(feature, page);
    }));
  }

  /** Follow a session, whose messages wake the other features. */
  follow(shop) {
    if (this.#asleep.length === 0) return;
    shop.subscribe((state, message) => message && this.#hear(shop, state, message));
  }

  /** Wake the other features unasked: a host opens what nobody has heard of yet. */
  async wakeAll(shop) {
    await Promise.all(this.#asleep.map((sleeper) => this.#wake(sleeper, shop)));
  }

  /** Call `listener` after each module that comes; returns what ends it. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How many modules have come. */
  get count() {
    return this.#filled.size;
  }

  /** Return what the features put in a place, as {key, content}, in the order of their list. */
  entries(place) {
    return this.#features.flatMap((feature) => {
      const contents = [this.#filled.get(feature)?.[place] ?? []].flat();
      return contents.map((content, index) => ({ key: `${feature.name}${index}`, content }));
    });
  }

  /** Return what the features put in a place. */
  in(place) {
    return this.entries(place).map(({ content }) => content);
  }

  #hear(shop, state, message) {
    const offset = state.session?.offset ?? null;
    // An event that moves no offset was in the snapshot already.
    if (isEvent(message) && offset === this.#offset) return;
    this.#offset = offset;
    if (message.type === "welcome") this.#welcome = message;
    for (const sleeper of this.#asleep) {
      const isMeant = wakes(sleeper.feature, message);
      if (isMeant || sleeper.isWaking) sleeper.keep(message);
      if (isMeant) this.#wake(sleeper, shop);
    }
  }

  async #wake(sleeper, shop) {
    if (sleeper.isWaking) return;
    sleeper.isWaking = true;
    const { feature } = sleeper;
    const names = ["state", this.#page];
    const [state, page] = await Promise.all(names.map((name) => this.#module(feature, name)));
    if (!state || !page) return sleeper.sleepOn();
    this.#asleep = this.#asleep.filter((each) => each !== sleeper);
    const { messages } = sleeper;
    shop.use(state, messages && [this.#welcome, ...messages].filter(Boolean));
    this.#fill(feature, page);
  }

  #fill(feature, { slots }) {
    this.#filled.set(feature, slots);
    for (const listener of this.#listeners) listener();
  }

  // The page goes on without what cannot be loaded, which is null.
  async #module(feature, name) {
    try {
      return await this.#load(feature, name);
    } catch (fault) {
      console.error(`${feature.name}: its module “${name}” could not be loaded: ${fault.message}`);
      return null;
    }
  }
}

function useSlots() {
  const slots = useContext(SlotsContext);
  const [, draw] = useReducer((changes) => changes + 1, 0);
  const drawn = slots.count;
  useEffect(() => {
    if (slots.count !== drawn) draw(); // one came before this effect
    return slots.subscribe(draw);
  }, [slots]);
  return slots;
}

/** Return what the features put in a place; the component draws again when there is more. */
export function useSlot(place) {
  return useSlots().in(place);
}

/** Draw the components that the features put in a place, each with the same properties. */
export function Slot({ place, ...properties }) {
  return useSlots().entries(place).map(({ key, content: Content }) =>
    html`<${Content} key=${key} ...${properties} />`);
}
