"""The browser library as one script: every part is in it, and its types and the console's hold."""

from __future__ import annotations

import shutil
from pathlib import Path

from localtok.client.library import CLIENT, PARTS, script
from localtok.http.controls import CONSOLE
from tests.support.browser.typescript import complaints


def test_every_part_is_in_the_script() -> None:
    assert sorted(PARTS) == sorted(
        str(path.relative_to(CLIENT).with_suffix("")) for path in CLIENT.rglob("*.js")
    )
    assert script().count("'use strict';") == 1


def test_its_types_hold(tmp_path: Path) -> None:
    (tmp_path / "opentok.js").write_text(script())
    for module in CONSOLE.glob("*.js"):
        shutil.copy(module, tmp_path)
    # What a constructor calls sets fields, too; the compiler takes them for undefined.
    assert complaints(tmp_path, "*.js", strict=False) == []


def test_a_wrong_type_is_seen(tmp_path: Path) -> None:
    wrong = "/** @type {number} */\nconst n = 'text';\n/** @type {OT.Stream} */\nconst stream = { id: 1 };\n"
    (tmp_path / "opentok.js").write_text(script() + wrong)
    seen = complaints(tmp_path, "*.js", strict=False)
    assert any("'string' is not assignable to type 'number'" in line for line in seen)
    assert any("'id' does not exist in type 'Stream'" in line for line in seen)
