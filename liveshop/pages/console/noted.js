/** The steps that this browser has done for a show; only for its checklist. */

const placeOf = (sessionId) => `liveshop:steps:${sessionId}`;

export function notedOf(sessionId) {
  try {
    return JSON.parse(localStorage.getItem(placeOf(sessionId)) ?? "{}");
  } catch {
    return {};
  }
}

export function keepNoted(sessionId, noted) {
  try {
    localStorage.setItem(placeOf(sessionId), JSON.stringify(noted));
  } catch {
    // It is only a convenience.
  }
}
