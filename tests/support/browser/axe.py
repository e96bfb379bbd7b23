"""axe-core: what a page does that keeps people out."""

from typing import Any

from playwright.sync_api import Page

from tests.support.npm import package_file


def script() -> str:
    """Its text; without it the test is skipped and says so."""
    return package_file("axe-core/axe.min.js").read_text()


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
