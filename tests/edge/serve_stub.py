"""Serve the stand-in as a process of its own: `python -m tests.edge.serve_stub PORT`."""

import socket
import sys

import uvloop

from liveshop.edge.server import build_server
from tests.edge.stub_engine import APP, SETTINGS, StubEngine

if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        server = build_server(SETTINGS, StubEngine(), APP, [listener])
        uvloop.run(server.serve())
    # The code after the end of `serve` is reached.
    sys.stdout.write("stopped cleanly")
