"""Other servers for the same viewers: `python -m loadtests.fanout.rivals NAME PORT SNAPSHOT`.

Each answers a hello with a welcome and a snapshot (the file's, as liveshop sends it), and sends
every line of its standard input to all.
"""

import asyncio
import functools
import sys
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_websockets
from websockets.exceptions import ConnectionClosed

from liveshop.core.limits import BACKLOG_CONNECTIONS

_WELCOME = '[{"type":"welcome","ref":null,"viewer":null,"now_ms":1790000000000,"ping_ms":25000}]'


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def starlette(port: int, snapshot: str) -> None:
    """Serve with Starlette and uvicorn: a send loop."""
    sockets: set[WebSocket] = set()

    async def watch(socket: WebSocket) -> None:
        await socket.accept()
        try:
            await socket.receive_text()
            await socket.send_text(_WELCOME)
            await socket.send_text(snapshot)
            sockets.add(socket)
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            sockets.discard(socket)

    config = uvicorn.Config(
        Starlette(routes=[WebSocketRoute("/", watch)]),
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        backlog=BACKLOG_CONNECTIONS,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )
    async with asyncio.TaskGroup() as tasks:
        server = uvicorn.Server(config)
        serving = tasks.create_task(server.serve())
        lines = await _lines()
        while text := (await lines.readline()).decode().rstrip("\n"):
            for socket in tuple(sockets):
                await socket.send_text(text)
        server.should_exit = server.force_exit = True
        await serving


async def websockets(port: int, snapshot: str) -> None:
    """Serve with only the library: its `broadcast`."""
    connections: set[ServerConnection] = set()

    async def watch(connection: ServerConnection) -> None:
        try:
            await connection.recv()
            await connection.send(_WELCOME)
            await connection.send(snapshot)
            connections.add(connection)
            await connection.wait_closed()
        except ConnectionClosed:
            pass
        finally:
            connections.discard(connection)

    options: dict[str, Any] = {"compression": None, "ping_interval": None, "close_timeout": 0}
    async with serve_websockets(
        watch, "127.0.0.1", port, backlog=BACKLOG_CONNECTIONS, **options
    ) as server:
        lines = await _lines()
        while text := (await lines.readline()).decode().rstrip("\n"):
            broadcast(connections, text)
        server.close(close_connections=False)


RIVALS = {"starlette": starlette, "websockets": websockets}


if __name__ == "__main__":
    name, port, snapshot_file = sys.argv[1:]
    run = functools.partial(RIVALS[name], int(port), Path(snapshot_file).read_text())
    uvloop.run(run())
