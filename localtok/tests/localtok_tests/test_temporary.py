"""A localtok that leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from localtok.cli import parse


async def test_what_it_kept_goes_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "localtok", "--dev", "--temporary", "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment
    )
    assert process.stdout
    ready = await asyncio.wait_for(process.stdout.readline(), 60)
    assert ready.startswith(b"localtok ready ")
    [folder] = tmp_path.glob("localtok-*")
    assert (folder / "archives").is_dir()
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 60) == 0
    assert not folder.exists()


def test_it_has_one_place_for_its_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--dev", "--temporary", "--data-dir", str(tmp_path)])
    assert "exclude each other" in capsys.readouterr().err
