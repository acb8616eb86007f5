/** The client's state in preact: components draw again when what they look at has changed. */

import { createContext, useContext, useEffect, useReducer, useRef } from "./html.js";
import { learnCurrency, onLanguage } from "./i18n.js";

/** The `Shop` of the page; its root provides it. */
export const ShopContext = createContext(null);

/** Write money with the decimals that the server names; before anything of the shop is drawn. */
export function followCurrency(shop) {
  const learn = ({ session }) => session && learnCurrency(session);
  learn(shop.state);
  shop.subscribe(learn);
}

/** The page's `Shop`. */
export function useShop() {
  return useContext(ShopContext);
}

/**
 * Return what `select` takes out of the state; the component draws again, at most once a frame,
 * when that is another value (by Object.is: select parts of the state, build nothing new).
 */
export function useShopState(select) {
  const shop = useShop();
  const [, draw] = useReducer((changes) => changes + 1, 0);
  const drawn = useRef(null);
  drawn.current = { select, value: select(shop.state) };
  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      if (!Object.is(drawn.current.select(shop.state), drawn.current.value)) draw();
    };
    look();
    const end = shop.subscribe(() => {
      frame ||= requestAnimationFrame(look);
    });
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [shop]);
  return drawn.current.value;
}

const TICK_MS = 100;
const ticking = new Set();
let ticker = 0;

function onTick(listener) {
  ticking.add(listener);
  ticker ||= setInterval(() => ticking.forEach((each) => each()), TICK_MS);
  return () => {
    ticking.delete(listener);
    if (ticking.size === 0) ticker = clearInterval(ticker);
  };
}

/** Draw the component again ten times a second, all such components together: for clocks. */
export function useTick() {
  const [, draw] = useReducer((ticks) => ticks + 1, 0);
  useEffect(() => onTick(() => draw()), []);
}

/**
 * Return what `read()` tells now, looked at ten times a second; the component draws again when that
 * is another value (by Object.is: let it be a number or a text).
 */
export function useTicked(read) {
  const [, draw] = useReducer((changes) => changes + 1, 0);
  const drawn = useRef(null);
  drawn.current = { read, value: read() };
  useEffect(() => onTick(() => {
    if (!Object.is(drawn.current.read(), drawn.current.value)) draw();
  }), []);
  return drawn.current.value;
}

/** Draw the component again when the language changes; the root does. */
export function useLanguage() {
  const [, draw] = useReducer((changes) => changes + 1, 0);
  useEffect(() => onLanguage(draw), []);
}
