"""The command's options: each explained by --help, and in the guide."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from localtok import cli
from localtok.publishing import cli as publishing

GUIDE = (Path(__file__).parents[3] / "docs" / "localtok.md").read_text()


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if "--help" not in action.option_strings]


@pytest.mark.parametrize("parser", [cli.parser(), publishing.parser()], ids=["localtok", "publish"])
def test_every_option_says_what_it_does(parser: argparse.ArgumentParser) -> None:
    assert [action.dest for action in options(parser) if not action.help] == []


def test_every_option_is_in_the_guide() -> None:
    names = [name for action in options(cli.parser()) for name in action.option_strings]
    assert [name for name in names if f"`{name}`" not in GUIDE] == []
