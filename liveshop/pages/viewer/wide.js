/** Whether there is room beside the video; what a phone does not show is not drawn there either. */

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
