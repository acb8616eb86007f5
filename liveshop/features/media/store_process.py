"""The process that draws one picture, started by `stores/child_program.py`.

It takes the file on its standard input, and writes to its standard output a line of JSON, which is
a `Drawn`, and after it the picture's files. Its parent is `store_reader.py`.
"""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from liveshop.core.errors import BadRequest
from liveshop.features.media import limits, store_pictures
from liveshop.features.media.rules import Drawn, line_of


def main() -> NoReturn:
    """Read the file to its end, draw it, and end with it."""
    confine(limits.PICTURE_MEMORY_BYTES_MAX, limits.PICTURE_CPU_S_MAX)
    data = sys.stdin.buffer.read(limits.UPLOAD_BYTES_MAX + 1)
    try:
        drawn, files = store_pictures.draw(data)
    except BadRequest as refusal:
        drawn, files = Drawn(refusal=refusal.message), []
    output = sys.stdout.buffer
    output.write(line_of(drawn))
    for file in files:
        output.write(file)
    output.flush()
    os._exit(0)


def confine(memory_bytes: int, cpu_s: int) -> None:
    """Let this process have so much memory and time, and write no file.

    A file of some kilobytes may say that it is terabytes, and a decoder may have a bug: all that
    either costs is this process.
    """
    # Before no file can be written: where memory runs out, this process ends, and no node.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    for what, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(what, (limit, limit))
