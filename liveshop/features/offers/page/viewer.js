/** Offers on the viewer's page: the ticket over the video, their sheet, and the cart. */

import { CartSum } from "./cart.js";
import { codesOf } from "./kept.js";
import { Offers } from "./sheet.js";
import { Ticket } from "./stage.js";

/** The offers that go with a purchase of one tap: those that were taken. */
function terms(shop) {
  const codes = codesOf(shop.state);
  return codes.length > 0 ? { codes } : {};
}

export const slots = {
  stage: Ticket,
  cart: CartSum,
  terms,
  sheet: { name: "offers", key: "offers.title", Content: Offers },
};
