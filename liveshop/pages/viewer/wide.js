/** Whether there is room next to the video; parts not shown on a phone are not drawn on it. */

import { useEffect, useState } from "../shared/html.js";

const query = matchMedia("(min-width: 820px)"); // as in viewer.css

export function useWide() {
  const [wide, setWide] = useState(query.matches);
  useEffect(() => {
    const follow = () => setWide(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return wide;
}
