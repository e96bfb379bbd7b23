"""Runs the comparison, and joins it with the list of known differences."""

from __future__ import annotations

import json
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localtok.library import CLIENT, PARTS
from tests.support.npm import package_file, require_node

FOLDER = Path(__file__).parent
CLASSES = ("Session", "Publisher", "Subscriber", "Stream", "Connection")
TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Member:
    """A member of the vendor's types. `differs` is what the compiler finds; empty if localtok's fits."""

    key: str
    owner: str
    name: str
    kind: str  # function, method, promise, property, event, option
    fields: str  # of an event: what it has beside the fields of every event
    differs: str


@dataclass(frozen=True)
class Comparison:
    members: tuple[Member, ...]
    extra: tuple[str, ...]  # public members of localtok that the vendor's types have not

    def differing(self) -> dict[str, str]:
        return {each.key: each.differs for each in self.members if each.differs}


def as_module() -> str:
    """localtok's parts in one module that exports what a page meets. The served script hides it all."""
    parts = "\n".join((CLIENT / f"{part}.js").read_text() for part in PARTS)
    return f"{parts}\nexport {{ OT, {', '.join(CLASSES)} }};\n"


@cache
def compared(library: str | None = None) -> Comparison:
    """Compares `library`, or localtok's own. Skips the test without node and the npm packages."""
    require_node()
    compiler = package_file("typescript/lib/typescript.js")
    types = package_file("@opentok/client/dist/js/opentok.d.ts")
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder).resolve() / "library.js"
        module.write_text(library if library is not None else as_module())
        paths = (FOLDER / "compare.mjs", compiler.resolve(), types.resolve(), module)
        done = subprocess.run(
            ["node", *map(str, paths)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return Comparison(tuple(Member(**each) for each in found["members"]), tuple(found["extra"]))


@cache
def listed() -> dict[str, dict[str, str]]:
    """The tables of differences.toml: `types`, `behaviour` and `extra`, each from keys to a reason."""
    tables = tomllib.loads((FOLDER / "differences.toml").read_text())
    return {name: _by_key(table) for name, table in tables.items()}


def _by_key(table: dict[str, list[str]]) -> dict[str, str]:
    return {key: reason for reason, keys in table.items() for key in keys}
