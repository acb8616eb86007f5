/** Something that a page keeps outside its state, and that components are drawn again by. */

import { useEffect, useReducer } from "../../../pages/shared/html.js";

/** Return `tell`, to be called when it has changed, and `useChanges`, a hook of what draws it. */
export function watched() {
  const listeners = new Set();
  let changes = 0;
  const tell = () => {
    changes += 1;
    for (const listener of listeners) listener();
  };
  const useChanges = () => {
    const [, draw] = useReducer((count) => count + 1, 0);
    const drawn = changes;
    useEffect(() => {
      if (changes !== drawn) draw(); // one came before this effect
      listeners.add(draw);
      return () => listeners.delete(draw);
    }, []);
  };
  return { tell, useChanges };
}
