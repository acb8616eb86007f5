"""The echo that the suite meets does nothing but say back."""

import websockets

from tests.autobahn.echo import echoing


async def test_text_and_binary_messages_come_back_as_they_were_said() -> None:
    async with echoing() as url, websockets.connect(url, compression=None) as viewer:
        await viewer.send("κόσμε")
        assert await viewer.recv() == "κόσμε"
        await viewer.send([b"\xff\x00", b"", b"\xfe"])
        assert await viewer.recv() == b"\xff\x00\xfe"
        await viewer.send(["κό", "σμε"])
        assert await viewer.recv() == "κόσμε"
        await viewer.send("x" * 1_000_000)
        assert await viewer.recv() == "x" * 1_000_000
