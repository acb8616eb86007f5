"""A whole show is told as the first recording has it."""

from pathlib import Path

import pytest

from loadtests.kit.checkout import THIS
from tests.recording.__main__ import FIRST
from tests.recording.allowances import WORDS
from tests.recording.differences import differences
from tests.recording.server import open_server
from tests.recording.show import play
from tests.recording.tape import read


@pytest.mark.feature("chat", "figures", "likes", "catalogue_import")
async def test_a_whole_show_is_told_message_by_message_as_in_the_first_recording(
    redis_url: str, postgres_url: str, tmp_path: Path
) -> None:
    with open_server(THIS, redis_url, postgres_url, tmp_path) as server:
        tape = await play(server.url, server.secret, stop=server.stop)
    found = differences(read(FIRST.read_text(encoding="utf-8")), tape, WORDS)
    assert found == [], "\n\n".join(map(str, found))
