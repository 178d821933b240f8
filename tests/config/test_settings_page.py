"""docs/settings.md and the code name the same variables."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
READS = re.compile(r"""env_(?:str|int|bool|float|list|choice|keys)\(\s*["']([A-Z_]+)["']""")


def test_every_variable_has_its_heading_and_every_heading_its_variable():
    read = {name for path in (REPOSITORY / "config").rglob("*.py") for name in READS.findall(path.read_text())}
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    headings = re.findall(r"^### `([A-Z_]+)`$", page, re.MULTILINE)
    assert sorted(headings) == sorted(read)


def test_every_heading_says_something():
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    for part in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        assert part.partition("\n")[2].strip(), part
