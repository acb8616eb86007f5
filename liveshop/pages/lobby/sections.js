/** Which part of the page a host looks at; the address keeps it, so that back and reload work. */

import { useEffect, useState } from "../shared/html.js";

const named = () => location.hash.slice(1);

/** The name in the address, "" for the shows. */
export function useSection() {
  const [name, setName] = useState(named);
  useEffect(() => {
    const follow = () => setName(named());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return name;
}
