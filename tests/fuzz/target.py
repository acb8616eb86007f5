"""A target of the fuzzer: a check that takes any bytes, and what the fuzzer may start from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A way in from outside, as something that takes bytes.

    `check` returns for every input, valid or refused, and raises only where a promise is broken.
    `seeds` are inputs to begin with, `words` are bytes that inputs are made of.
    `calls_at_once` and `calls_per_byte` bound the calls of functions that one input may cost,
    `peak_bytes` and `peak_per_byte` the memory that it takes at its worst; `size` says how many
    bytes an input brings, where that is not its own length. `timed` compares the processor's time
    with the length of the input; it is no part of the suite, where other work takes time too.
    """

    check: Callable[[bytes], None]
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()
    size: Callable[[bytes], int] = len
    calls_at_once: int = 2_000
    calls_per_byte: int = 20
    peak_bytes: int = 262_144
    peak_per_byte: int = 200
    timed: Callable[[bytes], None] | None = None
