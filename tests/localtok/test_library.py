"""The browser library as one script: every part is in it, and its types hold; those of the page do, too."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from localtok.controls import CONSOLE
from localtok.library import CLIENT, PARTS, script
from tests.support.npm import package_file, require_node

CHECK = "--allowJs --checkJs --noEmit --target es2022 --lib es2022,dom,dom.iterable"
CHECK += " --module es2022 --moduleResolution bundler"


async def run(*command: str, folder: Path, env: Mapping[str, str] = os.environ) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode, output.decode()


def test_every_part_is_in_the_script() -> None:
    assert sorted(PARTS) == sorted(path.stem for path in CLIENT.glob("*.js"))
    assert script().count("'use strict';") == 1


async def test_its_types_hold(tmp_path: Path) -> None:
    require_node()
    compiler = str(package_file("typescript/bin/tsc"))
    (tmp_path / "opentok.js").write_text(script())
    for module in CONSOLE.glob("*.js"):
        shutil.copy(module, tmp_path)
    code, output = await run("node", compiler, *CHECK.split(), "opentok.js", "console.js", folder=tmp_path)
    assert code == 0, output
    (tmp_path / "opentok.js").write_text(script() + "/** @type {number} */\nconst n = 'text';\n")
    code, output = await run("node", compiler, *CHECK.split(), "opentok.js", folder=tmp_path)
    assert code != 0
