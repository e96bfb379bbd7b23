"""The browser library as one script: every part is in it, and its types hold; those of the page do, too."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from localtok.controls import CONSOLE
from localtok.library import CLIENT, PARTS, script

TYPESCRIPT = "typescript@5.9.3"
CHECK = "--allowJs --checkJs --noEmit --target es2022 --lib es2022,dom,dom.iterable"
CHECK += " --module es2022 --moduleResolution bundler"


async def run(*command: str, folder: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode, output.decode()


def test_every_part_is_in_the_script() -> None:
    assert sorted(PARTS) == sorted(path.stem for path in CLIENT.glob("*.js"))
    assert script().count("'use strict';") == 1


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing: the library's types are NOT checked")
async def test_its_types_hold(tmp_path: Path) -> None:
    code, output = await run("npm", "install", "--no-audit", "--no-fund", TYPESCRIPT, folder=tmp_path)
    if code:
        pytest.skip(
            f"npm could not install TypeScript, so the library's types are NOT checked: {output[-200:]}"
        )
    (tmp_path / "opentok.js").write_text(script())
    for module in CONSOLE.glob("*.js"):
        shutil.copy(module, tmp_path)
    code, output = await run("npx", "tsc", *CHECK.split(), "opentok.js", "console.js", folder=tmp_path)
    assert code == 0, output
    (tmp_path / "opentok.js").write_text(script() + "/** @type {number} */\nconst n = 'text';\n")
    code, output = await run("npx", "tsc", *CHECK.split(), "opentok.js", folder=tmp_path)
    assert code != 0
