"""One target under atheris, which watches which of our lines an input reaches."""

import os
import sys
import tempfile
from pathlib import Path

import atheris

# One input in so many is also counted and measured, which takes ten times as long.
_MEASURED = 500


def main() -> None:
    """Fuzz the target that the first argument names; the others are libFuzzer's."""
    _, name, *arguments = sys.argv
    # As in tests and in production; libFuzzer would change it.
    with atheris.instrument_imports(include=["liveshop", "websockets", "uvicorn.protocols"]):
        from tests.fuzz.bounds import check_cost
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    count = 0

    def run(data: bytes) -> None:
        nonlocal count
        count += 1
        target.check(data)
        if target.timed is not None:
            target.timed(data)
        if count % _MEASURED == 0:
            check_cost(target, data)

    with tempfile.TemporaryDirectory(prefix="liveshop-fuzz-") as folder:
        seeds, words = Path(folder) / "seeds", Path(folder) / "words"
        seeds.mkdir()
        for number, seed in enumerate(target.seeds):
            (seeds / str(number)).write_bytes(seed)
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words))
        dictionary = [f"-dict={words}"] if target.words else []
        # libFuzzer ends the process itself: the folder goes with a process that waits for it.
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
        atheris.Setup([sys.argv[0], *dictionary, *arguments, str(seeds)], run)
        atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
