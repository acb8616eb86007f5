"""All that Locust needs is made on nodes that run, by their address, secret and stores."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

from liveshop.cli.subprocesses import free_port
from loadtests.kit.checkout import THIS
from tests.cli.programs import SECRET, is_ready, program, serving
from tests.waiting import wait_until


def test_a_show_is_staged_once_and_found_again(
    redis_url: str, postgres_url: str, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    stores = ["--redis-url", redis_url, "--postgres-url", postgres_url]
    stage = [sys.executable, "-m", "loadtests.stage", url, str(tmp_path), "--secret", SECRET]
    with program("serve", environment=serving(redis_url, postgres_url, port)) as process:
        wait_until(lambda: is_ready(url) or process.poll() is not None)
        told = []
        for _ in range(2):
            subprocess.run([*stage, *stores], check=True, cwd=Path(__file__).parents[2])
            told.append(json.loads((tmp_path / "demo.json").read_text()))
        # Locust does this when it ends.
        audited = THIS.audit(told[1]["redis_url"], told[1]["postgres_url"])
        session = httpx.get(f"{url}/api/sessions/{told[0]['session_id']}").json()
    assert told[0]["session_id"] == told[1]["session_id"]
    assert (told[0]["url"], told[0]["secret"]) == (url, SECRET)
    assert audited == (True, "Every promise is kept.")
    assert session["status"] == "live"
    assert session["shelf"]
