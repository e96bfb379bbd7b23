"""Runs the comparison, and joins it with the list of known differences."""

from __future__ import annotations

import json
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from localtok.client.library import CLIENT, PARTS
from tests.support.browser.typescript import TIMEOUT_SECONDS, compiler, vendor_types

FOLDER = Path(__file__).parent
CLASSES = ("Session", "Publisher", "Subscriber", "Stream", "Connection")


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
    titles: dict[str, str]  # of localtok's errors, by code
    errors: tuple[str, ...]  # their names

    def differing(self) -> dict[str, str]:
        return {each.key: each.differs for each in self.members if each.differs}


def as_module() -> str:
    """localtok's parts in one module that exports what a page meets. The served script hides it all."""
    parts = "\n".join((CLIENT / f"{part}.js").read_text() for part in PARTS)
    return f"{parts}\nexport {{ OT, {', '.join(CLASSES)} }};\n"


@cache
def compared() -> Comparison:
    """Compares localtok's library. Skips the test without node and the npm packages."""
    [comparison] = compare(as_module())
    return comparison


def compare(*libraries: str) -> list[Comparison]:
    """Compares these texts of libraries with the vendor's types; together they cost little more than one."""
    with tempfile.TemporaryDirectory() as folder:
        modules = [Path(folder).resolve() / f"library{number}.js" for number in range(len(libraries))]
        for module, text in zip(modules, libraries, strict=True):
            module.write_text(text)
        paths = (FOLDER / "compare.mjs", compiler(), vendor_types(), *modules)
        done = subprocess.run(
            ["node", *map(str, paths)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
    assert done.returncode == 0, done.stderr
    return [
        Comparison(
            members=tuple(Member(**each) for each in found["members"]),
            extra=tuple(found["extra"]),
            titles=found["titles"],
            errors=tuple(found["errors"]),
        )
        for found in json.loads(done.stdout)
    ]


@cache
def listed() -> dict[str, dict[str, str]]:
    """The tables of differences.toml: `types`, `alike`, `behaviour`, `extra`; each from keys to a reason."""
    tables = tomllib.loads((FOLDER / "differences.toml").read_text())
    return {name: _by_key(table) for name, table in tables.items()}


@cache
def documented_errors() -> dict[str, Any]:
    """errors.toml: what the vendor documents of errors."""
    return tomllib.loads((FOLDER / "errors.toml").read_text())


def _by_key(table: dict[str, list[str]]) -> dict[str, str]:
    return {key: reason for reason, keys in table.items() for key in keys}
