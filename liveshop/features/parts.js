/**
 * The features' shares of the pages: the one list, in the order of their places.
 *
 *     name     the feature's folder
 *     wakes    the type of its messages begins so: it is loaded when the first comes
 *     field    its field of snapshot and pulse, or several: one that is not empty wakes it too
 *     pages    those to which its `page/viewer.js`, `page/console.js` and `page/lobby.js` add
 */

export const FEATURES = [
  { name: "chat", pages: ["viewer", "console"] },
  { name: "likes", pages: ["viewer", "console"] },
  { name: "bought", pages: ["viewer", "lobby"] },
  { name: "guests", pages: ["viewer"] },
  { name: "polls", wakes: "poll.", field: "polls", pages: ["viewer", "console"] },
  { name: "offers", wakes: "offer.", field: ["offers", "taken"], pages: ["viewer", "console"] },
  { name: "fulfilment", pages: ["console"] },
  { name: "shipping", pages: ["viewer", "console"] },
  { name: "figures", pages: ["console"] },
  { name: "rehearsal", pages: ["console"] },
  { name: "activity", pages: ["console"] },
  { name: "planning", pages: ["lobby"] },
  { name: "product_sets", pages: ["console"] },
  { name: "brand", pages: ["lobby"] },
  { name: "webhooks", pages: ["lobby"] },
];

export const load = ({ name }, module) => import(`./${name}/page/${module}.js`);
