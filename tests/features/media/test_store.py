"""Uploads and their places: the same bytes once, sums that hold, and nothing half done."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
import anyio.lowlevel
import asyncpg
import pytest
from msgspec import structs

from liveshop.core.errors import BadRequest, Conflict, LimitReached, NotFound, Unavailable
from liveshop.features.media import limits
from liveshop.features.media.rules import NAMES, Rendition, Upload, file_in, upload_in
from liveshop.features.media.store import Uploads
from liveshop.features.media.store_files import Folder
from liveshop.features.media.store_kept import KeptFiles
from liveshop.features.media.store_rows import UploadRows
from liveshop.stores.postgres.database import Database
from tests.features.media.pictures import chunks, photo
from tests.stores.postgres.shop import somebody_waits
from tests.waiting import until

ID = "0123456789abcdef0123456789abcdef"
FILES = {name: name.encode() for name in NAMES}


class SlowFolder(Folder):
    """A folder that counts what is asked of it, waits where it is told to, and may be away."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.asked: list[str] = []
        self.away = False
        self.go_on = anyio.Event()
        self.go_on.set()

    async def put(self, upload_id: str, files: Mapping[str, bytes]) -> None:
        await self._pass("put")
        await super().put(upload_id, files)

    async def get(self, upload_id: str, name: str) -> bytes | None:
        await self._pass("get")
        return await super().get(upload_id, name)

    async def delete(self, upload_id: str) -> None:
        await self._pass("delete")
        await super().delete(upload_id)

    async def _pass(self, what: str) -> None:
        self.asked.append(what)
        await self.go_on.wait()
        if self.away:
            raise Unavailable


@pytest.fixture
def folder(tmp_path: Path) -> SlowFolder:
    return SlowFolder(tmp_path)


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
def uploads(database: Database, folder: SlowFolder) -> Uploads:
    return Uploads(UploadRows(database), folder, lambda: 1_790_000_000_000)


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def total(database: Database, shop: str = "") -> tuple[int, int]:
    row = await database.fetchrow("SELECT uploads, bytes FROM upload_total WHERE shop = $1", shop)
    return (0, 0) if row is None else (row["uploads"], row["bytes"])


async def test_the_same_bytes_are_the_same_upload_and_are_drawn_once(
    uploads: Uploads, folder: SlowFolder, database: Database
) -> None:
    first = await uploads.add(chunks(photo()), None)
    again = await uploads.add(chunks(photo(), size=1_000), None)
    assert (first.made, again.made) == (True, False)
    assert again.upload == first.upload
    assert folder.asked == ["put"]
    assert await total(database) == (1, first.upload.bytes)


async def test_each_shop_has_uploads_of_its_own(uploads: Uploads, database: Database) -> None:
    one = (await uploads.add(chunks(photo()), "a")).upload
    other = (await uploads.add(chunks(photo()), "b")).upload
    assert one.upload_id != other.upload_id
    await uploads.remove(one.upload_id)
    assert await uploads.kept.get(other.upload_id, "640.webp")
    assert (await total(database, "a"), await total(database, "b")) == ((0, 0), (1, other.bytes))


async def test_what_is_refused_leaves_nothing(
    uploads: Uploads, database: Database, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest):
        await uploads.add(chunks(b"no picture"), None)
    assert stored(tmp_path) == []
    assert await database.fetch("SELECT FROM upload") == []


async def test_without_a_place_for_its_files_there_is_no_upload(
    uploads: Uploads, folder: SlowFolder, database: Database
) -> None:
    folder.away = True
    with pytest.raises(Unavailable):
        await uploads.add(chunks(photo()), None)
    assert await database.fetch("SELECT FROM upload") == []
    assert await total(database) == (0, 0)
    folder.away = False
    assert (await uploads.add(chunks(photo()), None)).made


async def test_files_that_are_gone_are_stored_again_by_the_same_upload(
    uploads: Uploads, folder: SlowFolder, tmp_path: Path
) -> None:
    first = await uploads.add(chunks(photo()), None)
    await folder.delete(first.upload.upload_id)
    again = await uploads.add(chunks(photo()), None)
    assert (again.made, again.upload) == (False, first.upload)
    assert stored(tmp_path) == sorted(NAMES)


async def test_a_shop_has_so_many_uploads_and_bytes_and_no_more(
    uploads: Uploads, database: Database, tmp_path: Path
) -> None:
    full = "INSERT INTO upload_total (shop, uploads, bytes) VALUES ($1, $2, $3)"
    await database.commit(full, "a", limits.UPLOADS_PER_SHOP_MAX, 0)
    await database.commit(full, "b", 1, limits.UPLOAD_BYTES_PER_SHOP_MAX - 10)
    with pytest.raises(LimitReached, match="uploads of a shop: the limit is 10000, 0 left"):
        await uploads.add(chunks(photo()), "a")
    with pytest.raises(LimitReached, match="10 left; delete some") as refused:
        await uploads.add(chunks(photo()), "b")
    assert refused.value.fields == {"limit": limits.UPLOAD_BYTES_PER_SHOP_MAX, "left": 10}
    assert stored(tmp_path) == []
    assert await database.fetch("SELECT FROM upload") == []
    assert (await uploads.add(chunks(photo()), "c")).made


async def test_two_that_upload_at_once_never_have_more_than_the_limit(
    database: Database, folder: SlowFolder
) -> None:
    rows = UploadRows(database)
    full = "INSERT INTO upload_total (shop, uploads, bytes) VALUES ('', $1, 0)"
    await database.commit(full, limits.UPLOADS_PER_SHOP_MAX - 1)
    refused: list[LimitReached] = []

    async def add(upload_id: str) -> None:
        try:
            async with rows.adding(an_upload(upload_id)):
                await anyio.lowlevel.checkpoint()
        except LimitReached as refusal:
            refused.append(refusal)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(add, f"{number:032x}")
    assert len(refused) == 3
    assert await total(database) == (limits.UPLOADS_PER_SHOP_MAX, 1)


def an_upload(upload_id: str = ID) -> Upload:
    rendition = Rendition(name="640.webp", width=1, height=1, bytes=1)
    return Upload(
        upload_id=upload_id,
        shop=None,
        created_at_ms=1,
        format="png",
        width=1,
        height=1,
        renditions=[rendition],
    )


async def test_a_deletion_waits_for_an_upload_of_the_same_bytes(
    uploads: Uploads, folder: SlowFolder, tmp_path: Path, connection: asyncpg.Connection
) -> None:
    first = (await uploads.add(chunks(photo()), None)).upload
    await folder.delete(first.upload_id)  # so that the next upload stores them again
    folder.go_on = anyio.Event()
    folder.asked.clear()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(uploads.add, chunks(photo()), None)
        await until(lambda: folder.asked == ["put"])
        tasks.start_soon(uploads.remove, first.upload_id)
        await somebody_waits(connection)
        assert folder.asked == ["put"]
        folder.go_on.set()
    assert folder.asked == ["put", "delete"]
    assert stored(tmp_path) == []


async def test_what_a_product_shows_is_not_deleted(
    uploads: Uploads, database: Database, tmp_path: Path
) -> None:
    upload = (await uploads.add(chunks(photo()), None)).upload
    await database.commit(
        "INSERT INTO product (product_id, title, description, image) VALUES ('mug', '', '', $1)",
        f"/media/{upload.upload_id}/640.webp",
    )
    with pytest.raises(Conflict, match="the product mug shows the picture"):
        await uploads.remove(upload.upload_id)
    assert stored(tmp_path) == sorted(NAMES)
    assert await total(database) == (1, upload.bytes)


async def test_what_a_product_shows_behind_its_first_picture_is_not_deleted(
    uploads: Uploads, database: Database, tmp_path: Path
) -> None:
    upload = (await uploads.add(chunks(photo()), None)).upload
    await database.commit(
        "INSERT INTO product (product_id, title, description, image, more_images)"
        " VALUES ('mug', '', '', '/a.jpg', ARRAY['/b.jpg', $1])",
        f"/media/{upload.upload_id}/1280.webp",
    )
    with pytest.raises(Conflict, match="the product mug shows the picture"):
        await uploads.remove(upload.upload_id)
    assert stored(tmp_path) == sorted(NAMES)


async def test_what_is_deleted_is_gone_once(uploads: Uploads, tmp_path: Path) -> None:
    upload = (await uploads.add(chunks(photo()), None)).upload
    assert await uploads.kept.get(upload.upload_id, "640.webp")
    await uploads.remove(upload.upload_id)
    assert await uploads.kept.get(upload.upload_id, "640.webp") is None
    assert stored(tmp_path) == []
    with pytest.raises(NotFound):
        await uploads.remove(upload.upload_id)


async def test_an_upload_that_takes_too_long_is_given_up(
    database: Database, folder: SlowFolder
) -> None:
    begun = anyio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        begun.set()
        await anyio.sleep_forever()

    uploads = Uploads(UploadRows(database), folder, lambda: 1, within_ms=300)
    with pytest.raises(BadRequest, match="an upload may take 0 s"):
        await uploads.add(endless(), None)
    assert begun.is_set()


async def test_the_newest_uploads_come_first_and_a_shop_sees_its_own(
    database: Database,
) -> None:
    rows = UploadRows(database)
    for number, shop in enumerate("abab"):
        async with rows.adding(structs.replace(an_upload(f"{number:032x}"), shop=shop)) as added:
            assert added
    own = await rows.page(after=None, limit=9, shop="a")
    assert [each.upload_id[-1] for each in own.uploads] == ["2", "0"]
    page = await rows.page(after=None, limit=3, shop=None)
    assert [each.upload_id[-1] for each in page.uploads] == ["3", "2", "1"]
    assert page.next == f"{1:032x}"
    last = await rows.page(after=page.next, limit=3, shop=None)
    assert ([each.upload_id[-1] for each in last.uploads], last.next) == (["0"], None)


async def test_the_sums_of_a_shop_are_never_below_nothing(database: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await database.commit("INSERT INTO upload_total (shop, uploads, bytes) VALUES ('', -1, 0)")


@pytest.mark.parametrize("size", [1, 3])
async def test_a_file_that_many_want_at_once_is_read_once(tmp_path: Path, size: int) -> None:
    folder = SlowFolder(tmp_path)
    await folder.put(ID, FILES)
    folder.go_on, kept = anyio.Event(), KeptFiles(folder)
    found: list[bytes | None] = []

    async def ask(name: str) -> None:
        found.append(await kept.get(ID, name))

    async with anyio.create_task_group() as tasks:
        for name in NAMES[:size]:
            for _ in range(50):
                tasks.start_soon(ask, name)
        await anyio.wait_all_tasks_blocked()
        folder.go_on.set()
    assert folder.asked == ["put", *["get"] * size]
    assert sorted(filter(None, found)) == sorted(50 * [FILES[name] for name in NAMES[:size]])


async def test_those_who_wait_for_a_file_that_is_missing_or_away_are_told_together(
    tmp_path: Path,
) -> None:
    for away in (False, True):
        folder = SlowFolder(tmp_path)
        folder.away, folder.go_on = away, anyio.Event()
        kept = KeptFiles(folder)
        told: list[str] = []

        async def ask(kept: KeptFiles = kept, told: list[str] = told) -> None:
            try:
                told.append(str(await kept.get(ID, "640.webp")))
            except Unavailable as failure:
                told.append(failure.code)

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            folder.go_on.set()
        assert (folder.asked, told) == (["get"], 20 * ["unavailable" if away else "None"])


async def test_a_reader_who_leaves_keeps_nobody_from_the_file(tmp_path: Path) -> None:
    folder = SlowFolder(tmp_path)
    await folder.put(ID, FILES)
    folder.go_on, kept = anyio.Event(), KeptFiles(folder)
    found: list[bytes | None] = []

    async def ask() -> None:
        found.append(await kept.get(ID, "640.webp"))

    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as leaving:
            leaving.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            leaving.cancel_scope.cancel()
        await anyio.wait_all_tasks_blocked()
        folder.go_on.set()
    assert found == [FILES["640.webp"]]


async def test_a_node_keeps_so_many_bytes_of_files_and_each_for_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    folder = SlowFolder(tmp_path)
    large = bytes(limits.FILE_BYTES_MAX)
    await folder.put(ID, {name: large for name in NAMES})
    kept = KeptFiles(folder, now_s=lambda: now[0])
    for name in NAMES:
        await kept.get(ID, name)
    assert limits.FILES_KEPT_BYTES_MAX == 4 * limits.FILE_BYTES_MAX
    assert [kept.recall(ID, name) is not None for name in NAMES] == [False, True, True, True, True]
    now[0] = limits.FILE_KEPT_MS / 1000
    assert [kept.recall(ID, name) for name in NAMES] == [None] * 5


async def test_a_folder_that_cannot_be_written_to_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="is LIVESHOP_MEDIA_FOLDER set to one"):
        await Folder(str(tmp_path / "file")).put(ID, FILES)


@pytest.mark.parametrize(
    "path",
    [
        *("/media/../../etc/passwd", f"/media/{ID}/../../x", f"/media/{ID}/", f"/media/{ID}"),
        *(f"/media/{ID}/640.webp/", f"/media/{ID}/640.webp\n", f"/media/{ID}/641.webp"),
        *(f"/media/{ID.upper()}/640.webp", f"/media/{ID}0/640.webp", f"media/{ID}/640.webp"),
        *(f"/media//{ID}/640.webp", f"/media/{ID}/640xwebp", f"/media/{ID}/.hidden", ""),
    ],
)
def test_a_path_that_is_none_of_an_uploads_names_no_file(path: str) -> None:
    assert file_in(path) is None
    assert upload_in(path) is None
    assert file_in(f"/media/{ID}/640.webp") == (ID, "640.webp")
