/** The lines over the video and in the chat: what people say, and what features tell among it. */

import { html, useEffect, useReducer, useRef } from "./html.js";
import { useShopState } from "./shop.js";
import { useSlot } from "./slots.js";

const rows = new WeakMap(); // item → its element, described once, since an item never changes

const NONE = () => [];
const isSame = (one, other) =>
  one.length === other.length && one.every((each, place) => Object.is(each, other[place]));

/** Return what `read` takes of each source now; the very same list while nothing has changed. */
function useItems(sources, read) {
  const kept = useRef([]);
  return useShopState((state) => {
    const items = sources.map((source) => read(source)(state));
    if (!isSame(items, kept.current)) kept.current = items;
    return kept.current;
  });
}

/** Draw again when a source says so, whose items do not all come from the state. */
function useOwnChanges(sources) {
  const [, draw] = useReducer((changes) => changes + 1, 0);
  useEffect(() => {
    const ends = sources.flatMap(({ subscribe }) => subscribe?.(draw) ?? []);
    return () => ends.forEach((end) => end());
  }, [sources.length]);
}

/** Describe an item as an element of a list. */
function rowOf({ item, source }) {
  const { Line, key, kind } = source;
  if (!rows.has(item)) {
    const row = html`<li key=${key(item)} class=${`line-of ${kind(item)}`}>
      <${Line} item=${item} /></li>`;
    rows.set(item, row);
  }
  return rows.get(item);
}

/**
 * Return the last lines of all sources in the order of their instants, `count` at most, each as an
 * element of a list. With `top` the newest of those that stay on top is the first of them.
 */
export function useLines(count, { top = false } = {}) {
  const sources = useSlot("line");
  useOwnChanges(sources);
  const items = useItems(sources, ({ select }) => select);
  const tops = useItems(sources, ({ selectTop = NONE }) => (top ? selectTop : NONE));
  const listed = (lists, last) => sources.flatMap((source, place) =>
    lists[place].slice(-last).map((item) => ({ item, source })));
  const first = listed(tops, 1).slice(-1);
  const isFirst = ({ item, source }) =>
    first.some((each) => source.key(each.item) === source.key(item));
  const rest = listed(items, count).filter((each) => !isFirst(each));
  if (sources.length > 1) rest.sort((a, b) => a.item.at_ms - b.item.at_ms);
  return [...first, ...rest.slice(first.length - count)].map(rowOf);
}
