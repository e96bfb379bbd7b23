"""Every name read from the environment is in .env.example and in docs/settings.md, and no other is."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Read by bin/demo and Procfile.dev, not by Django.
OF_THE_DEMO = {"DEMO_OPERATOR_PASSWORD"}
# Read by gunicorn.conf.py.
OF_THE_WEB_SERVER = {"WEB_CONCURRENCY", "WEB_THREADS"}
# Given by whoever starts the process (a platform, a supervisor) and written down for completeness.
NOT_FOR_THE_BUTTON = {"PORT", "DYNO", "LOCALTOK_PORT", "DEBUG", "ARCHIVES_DIR", *OF_THE_DEMO}
# Set by add-ons of the platform with the button.
OF_ADD_ONS = {
    "DATABASE_URL",
    "REDIS_URL",
    "BUCKETEER_BUCKET_NAME",
    "BUCKETEER_AWS_REGION",
    "BUCKETEER_AWS_ACCESS_KEY_ID",
    "BUCKETEER_AWS_SECRET_ACCESS_KEY",
}


def names_in_settings() -> set[str]:
    tree = ast.parse((ROOT / "dualarchive/settings.py").read_text())
    return set(_names_read(tree)) | OF_THE_WEB_SERVER


def _names_read(tree: ast.AST) -> Iterator[str]:
    """The first argument of env("X"), env.str("X"), env.db("X") …"""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args or not isinstance(call.args[0], ast.Constant):
            continue
        reader = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        if isinstance(reader, ast.Name) and reader.id == "env":
            yield str(call.args[0].value)


def names_in_example() -> set[str]:
    return set(re.findall(r"(?m)^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text()))


def names_in_docs() -> set[str]:
    return set(re.findall(r"(?m)^\| `([A-Z][A-Z0-9_]+)` \|", (ROOT / "docs/settings.md").read_text()))


def test_the_settings_read_the_names_of_the_system_before() -> None:
    assert names_in_settings() >= {
        "PORT", "API_KEY", "API_SECRET", "SESSION_ID_PRIMARY", "SESSION_ID_SECONDARY", "SESSION_JOIN_DELAY",
        "SESSION_STOP_DELAY_PRIMARY", "SESSION_STOP_DELAY_SECONDARY", "PLAYER_OFFSET_PRIMARY",
        "PLAYER_OFFSET_SECONDARY",
    }  # fmt: skip


def test_the_example_names_every_setting_and_no_other() -> None:
    assert names_in_example() == names_in_settings() | OF_THE_DEMO


def test_the_documentation_names_every_setting_and_no_other() -> None:
    assert names_in_docs() == names_in_settings() | OF_THE_DEMO


def test_the_deploy_button_asks_for_every_setting_that_a_server_can_have() -> None:
    described = json.loads((ROOT / "app.json").read_text())["env"]
    assert set(described) == names_in_settings() - NOT_FOR_THE_BUTTON - OF_ADD_ONS
    assert all(entry["description"] for entry in described.values())


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("archives", "dualarchive", "localtok/src")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bos\.(environ\.get|environ\[|getenv)", path.read_text())
    ]
    assert readers == []
