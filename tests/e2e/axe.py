"""axe-core, fetched from npm once per run: what a page does that keeps people out."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

VERSION = "4.14.1"
INSTALL_S = 120


def fetch(scratch: Path) -> str | None:
    """The script's text, or None where npm cannot bring it. Nothing is installed outside `scratch`."""
    command = ["npm", "install", "--prefix", str(scratch), "--no-audit", "--no-fund", f"axe-core@{VERSION}"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_S)
    except (FileNotFoundError, subprocess.SubprocessError):
        return None
    return (scratch / "node_modules/axe-core/axe.min.js").read_text()


def fetched(folders: pytest.TempPathFactory) -> str:
    """The script's text; where there is none the test is left out, and says so."""
    found = fetch(folders.mktemp("axe"))
    if found is None:
        pytest.skip("*** LEFT OUT: no axe-core, because npm is missing or brings nothing here ***")
    return found


def violations(page: Page, script: str, but: str = "") -> list[str]:
    """One line for each element that breaks a rule, in words. The page's own policy stays in force.

    `but` selects what is not looked into.
    """
    page.evaluate(script)
    place = {"include": [["html"]], "exclude": [[but]] if but else []}
    found = page.evaluate("place => axe.run(place, { resultTypes: ['violations'] })", place)
    return [line for rule in found["violations"] for line in _lines(rule)]


def _lines(rule: dict[str, Any]) -> list[str]:
    return [f"{rule['id']}: {rule['help']}: {node['html'][:160]}" for node in rule["nodes"]]
