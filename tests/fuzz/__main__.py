"""Fuzz a target for a while, guided by what the code does: `python -m tests.fuzz --help`.

Each finding is written into `tests/fuzz/corpus/TARGET/`, where `make test` runs it again ever
after; other new inputs go into `.fuzz/TARGET/`, for the next run to begin with.
"""

import argparse
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_GATHERED = _ROOT / ".fuzz"
# Said once more here: to import the targets before they are watched would blind the fuzzer.
NAMES = ("body", "command", "csv", "growth", "head", "json", "token", "visit")
# "Done 1234 runs in 60 second(s)", or the last sign of life before a find
_RUNS = re.compile(r"^(?:Done |#)(\d+)", re.MULTILINE)
_ALARM = 256 - signal.SIGALRM
_FOUND = " === Uncaught Python exception: ==="


def main() -> int:
    """Run the targets one after the other, each in a process of its own; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", choices=[*NAMES, "all"], default="all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--bytes", type=int, default=2_048, help="the longest input")
    options = parser.parse_args()
    names = NAMES if options.target == "all" else (options.target,)
    failed = [name for name in names if not _fuzz(name, options.seconds, options.bytes)]
    if failed:
        sys.stdout.write(f"broken: {', '.join(failed)}; see tests/fuzz/corpus/\n")
    return bool(failed)


def _fuzz(name: str, seconds: int, size: int) -> bool:
    for folder in (_GATHERED / name, _HERE / "corpus" / name):
        folder.mkdir(parents=True, exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [
        *(sys.executable, "-m", "tests.fuzz.guided", name),
        f"-artifact_prefix={_HERE / 'corpus' / name}/",
        f"-max_total_time={seconds}",
        f"-max_len={size}",
        *("-rss_limit_mb=1024", "-timeout=60", "-print_final_stats=0", "-verbosity=1"),
        *(str(_GATHERED / name), str(_HERE / "corpus" / name)),
    ]
    run = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = run.stdout.decode(errors="replace")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    runs = int(next(reversed(_RUNS.findall(told)), "0"))
    # libFuzzer's own alarm may go off while it ends, once all is done.
    fine = run.returncode == 0 or (run.returncode == _ALARM and "\nDone " in told)
    if not fine:
        sys.stdout.write(told[max(told.rfind(_FOUND), len(told) - 8_000) :])
    sys.stdout.write(f"{name}: {runs} inputs, {cpu:.0f} s of CPU, exit {run.returncode}\n")
    sys.stdout.flush()
    return fine


if __name__ == "__main__":
    sys.exit(main())
