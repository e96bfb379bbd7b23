"""The pages' modules for the type checker: a copy of them, and the elements that the templates have."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

from tests.support.browser.typescript import TYPES, complaints

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "templates"
MODULES = ROOT / "static" / "js"
INTERFACES = {
    "a": "HTMLAnchorElement",
    "button": "HTMLButtonElement",
    "details": "HTMLDetailsElement",
    "dialog": "HTMLDialogElement",
    "form": "HTMLFormElement",
    "meter": "HTMLMeterElement",
    "progress": "HTMLProgressElement",
    "input": "HTMLInputElement",
    "select": "HTMLSelectElement",
    "svg": "SVGSVGElement",
    "textarea": "HTMLTextAreaElement",
    "video": "HTMLVideoElement",
}


INCLUDE = re.compile(r'{% include "([^"]+)" with ([^%]*)%}')
GIVEN = re.compile(r'(\w+)="([^"]*)"')


class Ids(HTMLParser):
    """Collects the ids of templates and the kinds of element that have them."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[str, set[str]] = defaultdict(set)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        identifier = dict(attrs).get("id")
        if identifier and "{{" not in identifier:
            self.kinds[identifier].add(INTERFACES.get(tag, "HTMLElement"))


def page_elements() -> str:
    """`PageElements`: what `byId` finds, by id; so an id that no template has does not compile."""
    ids = Ids()
    for template in sorted(TEMPLATES.rglob("*.html")):
        text = template.read_text()
        for included in [text, *(_included(*each) for each in INCLUDE.findall(text))]:
            ids.feed(included)
            ids.reset()
    lines = [f'  "{each}": {" | ".join(sorted(kinds))};' for each, kinds in sorted(ids.kinds.items())]
    return "\n".join(["interface PageElements {", *lines, "}", ""])


def _included(name: str, given: str) -> str:
    """A template as another includes it, with the values that it is given in place of their names."""
    values = dict(GIVEN.findall(given))
    return re.sub(r"{{ (\w+) }}", lambda found: values.get(found[1], ""), (TEMPLATES / name).read_text())


def copy_of_modules(folder: Path) -> Path:
    """The modules as they are, in a folder where a fault can be planted."""
    return shutil.copytree(MODULES, folder / "js")


def page_complaints(modules: Path) -> list[str]:
    """What the compiler says of a copy of the modules; empty if their types hold."""
    elements = modules / "page-elements.d.ts"
    elements.write_text(page_elements())
    return complaints(modules, "**/*.js", (TYPES / "pages.d.ts", elements))
