"""Names of runs, rooms and people: Unicode in NFC, one line, with a visible character. Pure."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Blank, although letters and symbols by their category: fillers of Hangul, the empty pattern of Braille.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Format characters that belong to what is seen: joiners of scripts and emoji, tags of flags.
JOINERS = frozenset("\u200c\u200d")
TAGS = range(0xE0020, 0xE0080)
# Bidirectional classes of format characters that are seen, or that only say how their neighbours run.
IN_TEXT = frozenset({"L", "R", "AL", "AN"})


class UnusableName(ValueError):
    """Completes a sentence that begins with "The name"."""


def clean(text: str, *, longest: int) -> str:
    """The name as it is stored. Raises UnusableName if nothing of it can be seen, or it is not one line."""
    if CONTROL.search(text):
        raise UnusableName("must be one line of plain text, without control characters")
    name = tidy(text)
    if not is_visible(name):
        raise UnusableName("must have a character that can be seen")
    if len(name) > longest:
        raise UnusableName(f"is too long: {len(name)} characters, at most {longest}")
    return name


def readable(text: object, *, longest: int) -> str:
    """A name that another system has accepted, such as the platform; "" if nothing of it can be seen."""
    name = tidy(CONTROL.sub(" ", str(text or "")))[:longest].rstrip()
    return name if is_visible(name) else ""


def tidy(text: str) -> str:
    """In NFC, without blanks around it and without format characters that only deceive."""
    name = "".join(c for c in unicodedata.normalize("NFC", text) if not _deceives(c))
    begin, end = 0, len(name)
    while begin < end and _pads(name[begin]):
        begin += 1
    while begin < end and _pads(name[end - 1]):
        end -= 1
    return name[begin:end]


def is_visible(text: str) -> bool:
    """Marks alone do not count: they change a character that is not there."""
    return any(unicodedata.category(c)[0] in "LNPS" and c not in BLANK for c in text)


def _deceives(c: str) -> bool:
    if unicodedata.category(c) != "Cf" or c in JOINERS or ord(c) in TAGS:
        return False
    return unicodedata.bidirectional(c) not in IN_TEXT


def _pads(c: str) -> bool:
    return c.isspace() or c in JOINERS or unicodedata.category(c) == "Zs"
