"""A real browser's handling of frames that are compressed and of frames that are not."""

from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, Page

from liveshop.core.roles import Role
from tests.browser.shop import PATIENCE_MS, BrowserShow, open_page, token

# Joins with a WebSocket of its own, and keeps what it hears.
_JOIN = """async ([sessionId, token]) => {
  const socket = new WebSocket(
    `${location.origin.replace("http", "ws")}/ws/sessions/${sessionId}`, "liveshop.v1");
  window.heard = [];
  window.send = (message) => socket.send(JSON.stringify(message));
  socket.onmessage = ({ data }) => window.heard.push(...JSON.parse(data).map((message) =>
    ({ ...message, size: data.length })));
  await new Promise((done) => { socket.onopen = done; });
  window.send({ type: "hello", ref: 1, token });
  return socket.extensions;
}"""
_HEARD = "(type) => window.heard.filter((message) => message.type === type)"


async def _heard(page: Page, kind: str, count: int) -> list[dict[str, Any]]:
    with anyio.fail_after(PATIENCE_MS / 1000):
        while True:
            heard: list[dict[str, Any]] = await page.evaluate(_HEARD, kind)
            if len(heard) >= count:
                return heard
            await anyio.sleep(0.02)


@pytest.mark.feature("chat")
async def test_a_browser_reads_plain_and_compressed_frames_in_turns(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch())
    extensions = await page.evaluate(_JOIN, [live.session_id, token("ada", Role.VIEWER)])
    assert extensions.startswith("permessage-deflate")
    (snapshot,) = await _heard(page, "session", 1)
    for turn in range(1, 5):
        text = "é" * 150 + f" {turn} " + "x" * 40
        await page.evaluate("(text) => window.send({ type: 'say', text })", text)
        said = (await _heard(page, "chat", turn))[-1]
        assert [message["text"] for message in said["messages"]] == [text]
        live.command("product.pin" if turn % 2 else "product.unpin", product_id="ocean")
        kind = "product.pinned" if turn % 2 else "product.unpinned"
        event = (await _heard(page, kind, (turn + 1) // 2))[-1]
        assert event["offset"] == snapshot["offset"] + turn
        # By their length: the chat came compressed, as the snapshot did, the event plain.
        assert event["size"] < 256 < min(said["size"], snapshot["size"])
