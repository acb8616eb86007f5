"""Files of the demo that only their owner may read, and that are whole or not there."""

import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read, renamed into place last."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with unfinished.open("w") as file:
        file.write(text)
        file.flush()
        # Else a power cut may keep the new name and lose what is in the file.
        os.fsync(file.fileno())
    unfinished.rename(path)


def kept_secret(path: Path) -> str:
    """Return the secret in a file, made of 256 random bits where there is none or it is empty."""
    if not path.exists() or not path.read_text().strip():
        write_private(path, secrets.token_hex(32))
    return path.read_text()


def open_the_way(folder: Path) -> None:
    """Let the group of root enter a folder, where root starts a server as another user.

    Only folders that not everyone may enter are changed, by the right to pass through
    (`g+x`; `o+x` where the folder's group is another), never to list or to read.
    """
    for step in (folder, *folder.parents):
        status = step.stat()
        if not status.st_mode & 0o001:
            right = 0o010 if status.st_gid == 0 else 0o001
            if not status.st_mode & right:
                os.chmod(step, status.st_mode | right)
