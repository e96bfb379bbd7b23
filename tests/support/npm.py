"""The packages from npm that tests use: tests/npm/package-lock.json pins them, bin/test installs them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "npm"
MODULES = FOLDER / "node_modules"


def package_file(path: str) -> Path:
    """The file `path` of an installed package, such as `axe-core/axe.min.js`.

    Skips the test if it is not installed or node is missing; bin/test reports that, and fails under CI=true.
    """
    if not (MODULES / path).is_file():
        pytest.skip(f"*** LEFT OUT: {path} is not installed (npm ci --prefix tests/npm) ***")
    return MODULES / path


def require_node() -> None:
    """Skips the test if there is no node to run a package with."""
    if shutil.which("node") is None:
        pytest.skip("*** LEFT OUT: no node here (Debian: apt install nodejs) ***")
