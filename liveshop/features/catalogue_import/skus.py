"""Names for variants that have none, and for what has too long a one."""

from collections.abc import Sequence

from liveshop.core.limits import ID_CHARS_MAX

_DIGEST_BYTES = 10
_HEAD_CHARS = ID_CHARS_MAX - 1 - 2 * _DIGEST_BYTES


def derived_sku(handle: str, options: Sequence[str]) -> str:
    """Return the SKU of a variant without one: "varsity-top/Medium/Red", the same every time.

    A name that is too long, or could be read in two ways, is cut and ends in `~` and a digest of
    all of it, so that no two variants share a name.
    """
    parts = [handle, *options]
    name = "/".join(parts)
    if len(name) <= ID_CHARS_MAX and not any("/" in part or "~" in part for part in parts):
        return name
    return _cut(name, parts)


def id_of(name: str) -> str:
    """Return the id of what a file names so: the name, or the start of one that is too long.

    Such an id ends in `~` and a digest of the whole name, and is the same every time.
    """
    return name if len(name) <= ID_CHARS_MAX else _cut(name, [name])


def _cut(name: str, parts: Sequence[str]) -> str:
    # Few files need it, and with it OpenSSL: 4 MB and 4 ms of each process that reads a file.
    from hashlib import blake2b

    digest = blake2b("\x1f".join(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{name[:_HEAD_CHARS]}~{digest}"
