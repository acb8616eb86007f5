/** The show as an entry for a calendar, an `.ics` file that the browser makes itself. */

const SHOW_MS = 3_600_000;
const LINE_BYTES_MAX = 75;

const stamp = (instantMs) =>
  new Date(instantMs).toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
const escaped = (text) => text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");

/** Break a line as RFC 5545 wants it: at most 75 bytes, no character torn apart. */
function folded(line) {
  const bytes = (text) => new TextEncoder().encode(text).length;
  const lines = [""];
  for (const character of line) {
    if (bytes(lines.at(-1) + character) > LINE_BYTES_MAX) lines.push(" ");
    lines[lines.length - 1] += character;
  }
  return lines.join("\r\n");
}

/** Write the entry; its id is the session's, so that a second one replaces the first. */
function calendarEntry({ id, title, starts_at_ms }, address, nowMs) {
  return [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//liveshop//EN", "BEGIN:VEVENT",
    `UID:${escaped(id)}@liveshop`,
    `DTSTAMP:${stamp(nowMs)}`,
    `DTSTART:${stamp(starts_at_ms)}`,
    `DTEND:${stamp(starts_at_ms + SHOW_MS)}`,
    `SUMMARY:${escaped(title)}`,
    `URL:${address}`,
    "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", `DESCRIPTION:${escaped(title)}`,
    "END:VALARM", "END:VEVENT", "END:VCALENDAR",
  ].map((line) => `${folded(line)}\r\n`).join("");
}

/** Hand the entry of the show at `address` to the browser, which asks the calendar. */
export function downloadCalendar(session, address) {
  const entry = calendarEntry(session, address, Date.now());
  const file = URL.createObjectURL(new Blob([entry], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = file;
  link.download = "show.ics";
  link.click();
  setTimeout(() => URL.revokeObjectURL(file), 10_000);
}
