/** The desk at which the console works, in preact: features' forms and lists draw by it, too. */

import { createContext, useContext, useEffect, useReducer, useRef } from "./html.js";

export const DeskContext = createContext(null);

/** The desk at which the console works, real or for a rehearsal. */
export function useDesk() {
  return useContext(DeskContext);
}

/** Return what `select` takes out of the desk's state; draws again when that is another value. */
export function useDeskState(select) {
  const desk = useDesk();
  const [, draw] = useReducer((changes) => changes + 1, 0);
  const drawn = useRef(null);
  drawn.current = { select, value: select(desk.state) };
  useEffect(() => {
    const look = () => {
      if (!Object.is(drawn.current.select(desk.state), drawn.current.value)) draw();
    };
    look();
    return desk.subscribe(look);
  }, [desk]);
  return drawn.current.value;
}
