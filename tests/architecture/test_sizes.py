"""Nothing is longer than can be read at a sitting."""

from tests.architecture.sources import functions, short, sources

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
LINE_COLUMNS_MAX = 100


def test_no_file_is_over_400_lines() -> None:
    lengths = {short(path): len(path.read_bytes().splitlines()) for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_is_over_50_lines() -> None:
    found = [(short(path), function) for path in sources() for function in functions(path)]
    long = [(name, function) for name, function in found if function.lines > FUNCTION_LINES_MAX]
    assert long == []
    assert {name.rpartition(".")[2] for name, _ in found} == {"py", "lua", "js"}


def test_no_line_is_over_100_columns() -> None:
    wide = [
        f"{short(path)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LINE_COLUMNS_MAX
    ]
    assert wide == []


def test_files_are_named_for_what_is_in_them() -> None:
    vague = {"utils", "util", "helpers", "common", "misc"}
    assert [short(path) for path in sources() if path.stem in vague] == []
