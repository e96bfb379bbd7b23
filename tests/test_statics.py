"""Static files as production serves them: every module under a name that changes with its content."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")
IMPORTED = re.compile(r"""^import[^"']*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    hashed = {"BACKEND": "dualarchive.statics.HashedStatics"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": hashed}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path / "js"


def test_modules_import_each_other_by_hashed_names(collected: Path) -> None:
    imports = [
        (module, name)
        for module in collected.rglob("*.js")
        if HASHED.search(module.name)
        for name in IMPORTED.findall(module.read_text())
    ]
    assert len(imports) > 50
    assert [pair for pair in imports if not HASHED.search(pair[1])] == []
    assert [pair for pair in imports if not (pair[0].parent / pair[1]).exists()] == []


def test_every_module_of_the_source_is_served(collected: Path) -> None:
    """Nothing is left behind when modules move between folders."""
    source = Path(__file__).resolve().parents[1] / "static/js"
    written = {path.relative_to(source).with_suffix("") for path in source.rglob("*.js")}
    served = {
        path.relative_to(collected).parent / path.name.split(".")[0]
        for path in collected.rglob("*.js")
        if HASHED.search(path.name)
    }
    assert len(written) > 50
    assert served == written
