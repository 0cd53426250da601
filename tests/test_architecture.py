"""Rooms of lib use only the rooms below them, in the order that docs/architecture.md gives."""

import ast
import re
from pathlib import Path

from lib.base.paths import ROOT


def rooms_in_order() -> list[str]:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.split("<!-- rooms, the highest first -->")[1].split("<!-- /rooms -->")[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


def imported_rooms(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("lib.")}


def forbidden(room: str, text: str) -> set[str]:
    order = rooms_in_order()
    return {other for other in imported_rooms(text) if order.index(other) < order.index(room)}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "lib").parts[0].removesuffix(".py")


def test_every_room_is_in_the_list():
    there = {room_of(path) for path in (ROOT / "lib").rglob("*.py")} - {"__init__"}
    assert there == set(rooms_in_order())


def test_no_room_uses_one_above_it():
    files = [path for path in (ROOT / "lib").rglob("*.py") if path != ROOT / "lib" / "__init__.py"]
    wrong = {str(path): forbidden(room_of(path), path.read_text()) for path in files}
    assert not {path: rooms for path, rooms in wrong.items() if rooms}


def test_an_import_that_goes_up_is_found():
    assert forbidden("training", "from lib.app import tasks") == {"app"}
    assert forbidden("models", "def late():\n    import lib.recipes.adafm") == {"recipes"}
    assert forbidden("models", "from lib import degradations") == set()
    assert forbidden("papers", "from lib.evaluation.measure import Bench") == set()
