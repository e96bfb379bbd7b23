"""What pages call things: one archive of a run is a segment, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORMER = re.compile(r"\bpieces?\b", re.IGNORECASE)
SHOWN = re.compile(r">([^<>{}]+)<|(?:aria-label|title|placeholder)=\"([^\"]*)\"")
LITERAL = re.compile(r"\"([^\"\\]*)\"|`([^`]*)`")
COMMENT = re.compile(r"\s*(//|/?\*)")


def test_templates_speak_of_segments() -> None:
    texts = {
        f"{page.name}: {text}"
        for page in (ROOT / "templates").rglob("*.html")
        for match in SHOWN.finditer(page.read_text())
        for text in match.groups("")
    }
    assert len(texts) > 200
    assert not [text for text in texts if FORMER.search(text)]


def test_scripts_speak_of_segments() -> None:
    """A literal with a space or a capital letter is for people; others are classes, ids and kinds."""
    texts = {
        f"{script.name}: {text}"
        for script in (ROOT / "static" / "js").rglob("*.js")
        for line in script.read_text().splitlines()
        if not COMMENT.match(line)
        for match in LITERAL.finditer(line)
        for text in match.groups("")
        if " " in text.strip() or text[:1].isupper()
    }
    assert len(texts) > 200
    assert not [text for text in texts if FORMER.search(text)]
