"""TypeScript's types of the served document, and a program by them that runs through a journey.

It takes Node from 18 on with npm, and npm's registry, for the packages that `package-lock.json`
names. Without them it is left out, and says so.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid, token

pytestmark = pytest.mark.feature("shipping", "change_feed")

_RUN_S_MAX: Final = 120
_SOURCE: Final = Path(__file__).with_name("typescript")


def _run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(each) for each in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_RUN_S_MAX,
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the program's packages; the tests are left out where there are none."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("the TypeScript client needs Node and npm")
    folder = tmp_path_factory.mktemp("packages")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_SOURCE / name, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--fetch-retries=1"]
    try:
        done = _run(folder, "npm", "ci", *options)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not fetch the packages within {_RUN_S_MAX} s")
    if done.returncode != 0:
        pytest.skip(f"npm could not fetch the packages: {done.stderr.strip()[-200:]}")
    return folder / "node_modules"


@pytest.fixture
def folder(tmp_path: Path, packages: Path) -> Path:
    """The program's folder, with its packages."""
    folder = tmp_path / "typescript"
    shutil.copytree(_SOURCE, folder)
    (folder / "node_modules").symlink_to(packages)
    return folder


def test_a_program_by_the_types_of_the_document_plans_a_show_and_ships_an_order(
    api: Api, folder: Path
) -> None:
    document = folder / "openapi.json"
    document.write_text(api.anyone.get("/api/openapi.json").text)
    tools = folder / "node_modules" / ".bin"
    options = ["--default-non-nullable=false", "-o", "schema.d.ts"]
    made = _run(folder, tools / "openapi-typescript", document, *options)
    assert made.returncode == 0, made.stdout + made.stderr
    compiled = _run(folder, tools / "tsc", "-p", ".")
    assert compiled.returncode == 0, compiled.stdout

    def journey(*step: str) -> Any:
        bearer = token(Role.HOST, "host")
        done = _run(folder, "node", "made/journey.js", api.url, bearer, *step)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    planned = journey("plan")
    session_id = planned["id"]
    assert planned == {"id": session_id, "status": "live", "events": 1}
    order_id = a_rid()
    bought = api.ask(session_id, "ada", "buy", rid=order_id, sku="MUG-R", quantity=1)
    assert bought["type"] == "confirmed", bought
    assert journey("ship", order_id) == {
        **{"status": "confirmed", "skus": ["MUG-R"], "missing": "not_found"},
        "tracking_url": "https://www.ups.com/track?tracknum=1Z999",
    }


def test_a_program_that_the_document_does_not_allow_is_not_compiled(folder: Path, api: Api) -> None:
    document = folder / "openapi.json"
    document.write_text(api.anyone.get("/api/openapi.json").text)
    tools = folder / "node_modules" / ".bin"
    options = ["--default-non-nullable=false", "-o", "schema.d.ts"]
    assert _run(folder, tools / "openapi-typescript", document, *options).returncode == 0
    source = folder / "journey.ts"
    wrong = source.read_text().replace('title: "Autumn drop"', "titel: 1")
    source.write_text(wrong)
    compiled = _run(folder, tools / "tsc", "-p", ".")
    assert compiled.returncode != 0
    assert "titel" in compiled.stdout
