"""The folder of a demo: one demo at a time, and what it keeps from one run to the next."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

from liveshop.cli.files import kept_secret, write_private
from liveshop.core.errors import BadRequest
from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.core.wire import decode_body, encode_one
from liveshop.edge.tokens import make_token

Record = TypeVar("Record", bound=Struct)

_VIEWERS: Final = ("Ada", "Bo", "Chiara", "Deniz", "Edo", "Fatima", "Grace", "Hiro", "Ines", "Jan")


class FolderError(Exception):
    """The folder cannot be used; the message is one line that says what to do."""


class TokenClaims(Struct, frozen=True, kw_only=True):
    """The claims of a demo's tokens that the settings ask for, and how long they are good for."""

    issuer: str = ""
    audience: str = ""
    life_s: int = 10 * 365 * 86_400

    @classmethod
    def of(cls, settings: Settings) -> "TokenClaims":
        """Return what tokens of the settings' secret have to claim."""
        longest = cls().life_s
        return cls(
            issuer=settings.secret_issuer,
            audience=settings.secret_audience,
            life_s=min(settings.staff_token_life_max_s or longest, longest),
        )


_TEN_YEARS: Final = TokenClaims()


class DemoKeys(Struct, frozen=True, kw_only=True):
    """The secret of a demo and the tokens made with it."""

    secret: str
    host_token: str
    admin_token: str
    viewer_tokens: list[str]
    claims: TokenClaims = TokenClaims()


class DemoShow(Struct, frozen=True, kw_only=True):
    """The session and the API key that the first run of a demo made in its stores."""

    session_id: str
    api_key: str


class DemoInfo(Struct, frozen=True, kw_only=True):
    """`demo.json`: all that a client of a running demo needs to know."""

    url: str
    session_id: str
    host_token: str
    admin_token: str
    viewer_tokens: list[str]
    redis_url: str
    postgres_url: str
    pid: int
    secret: str
    api_key: str


class DemoFolder:
    """The files of a demo, each renamed into place whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._info = path / "demo.json"
        self._keys = path / "keys.json"
        self._show = path / "show.json"

    def keys(self, given_secret: str, claims: TokenClaims = _TEN_YEARS) -> DemoKeys:
        """Return the keys of the runs before, made the first time or for another secret or claims.

        Tokens that live for less than ten years are made at each start.
        """
        secret = given_secret or kept_secret(self.path / "secret")
        keys = _read(self._keys, DemoKeys)
        lasting = claims.life_s == _TEN_YEARS.life_s
        if keys is None or keys.secret != secret or keys.claims != claims or not lasting:
            keys = _make_keys(secret, claims)
            write_private(self._keys, encode_one(keys).decode())
        return keys

    def show(self) -> DemoShow | None:
        """Return what an earlier run made, None before there was one."""
        return _read(self._show, DemoShow)

    def keep_show(self, show: DemoShow) -> None:
        """Remember what this run made."""
        write_private(self._show, encode_one(show).decode())

    def announce(self, info: DemoInfo) -> None:
        """Write `demo.json`: from now on the demo is ready."""
        write_private(self._info, encode_one(info).decode())

    def withdraw(self) -> None:
        """Remove the `demo.json` of an earlier run, which tells of processes that are gone."""
        self._info.unlink(missing_ok=True)


@contextmanager
def demo_folder(path: Path) -> Iterator[DemoFolder]:
    """Hold a folder for this process only; the system lets go of it however we end."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise FolderError(
            f"cannot write in {path}: {error.strerror}; choose another folder with --data"
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderError(
                f"another demo is using {path}; stop it, or choose another folder with --data"
            ) from error
        yield DemoFolder(path)
    finally:
        os.close(lock)


def _make_keys(secret: str, claims: TokenClaims) -> DemoKeys:
    def token(viewer_id: str, name: str, role: Role) -> str:
        return make_token(
            secret,
            viewer_id=viewer_id,
            name=name,
            role=role,
            ttl_s=claims.life_s,
            issuer=claims.issuer,
            audience=claims.audience,
        )

    return DemoKeys(
        secret=secret,
        claims=claims,
        host_token=token("demo-host", "Hana", Role.HOST),
        admin_token=token("demo-admin", "Alex", Role.ADMIN),
        viewer_tokens=[
            token(f"demo-viewer-{number}", name, Role.VIEWER)
            for number, name in enumerate(_VIEWERS, start=1)
        ],
    )


def _read(path: Path, shape: type[Record]) -> Record | None:
    try:
        return decode_body(path.read_bytes(), shape)
    except (FileNotFoundError, BadRequest):
        return None
