/** The link for viewers, as text to copy and as a picture for phones. */

import { useDesk } from "../shared/desk.js";
import { Sheet } from "../shared/desk_sheet.js";
import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { CopyField } from "./copy_field.js";
import { DockLinks } from "./dock_links.js";

export function Share() {
  const desk = useDesk();
  const draft = useShopState((state) => state.session.status === "draft");
  const { link } = desk.office;
  useEffect(() => desk.note("shared"), []);
  return html`
    <${Sheet} title=${t("console.share_title")}>
      ${draft && html`<p class="note">${t("console.share_draft")}</p>`}
      <${CopyField} label=${t("console.share_link")} text=${link} autofocus />
      <${Code} text=${link} />
      <${DockLinks} />
      <div class="buttons end"><button type="button" onClick=${() => desk.closeDialog()}>
        ${t("console.close")}</button></div>
    <//>`;
}

/** A QR code, dark on light in both themes: a camera does not read it the other way round. */
function Code({ text }) {
  const [code, setCode] = useState(null);
  useEffect(() => {
    import("../vendor/uqr/uqr.js").then(({ encode }) => setCode(encode(text, { border: 4 })));
  }, [text]);
  if (code === null) return html`<div class="qr"></div>`;
  const { data, size } = code;
  const square = (x, y) => `M${x} ${y}h1v1h-1z`;
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? square(x, y) : "")));
  return html`
    <svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${t("console.share_qr")}
      shape-rendering="crispEdges"><path d=${path.join("")} /></svg>`;
}
