"""What is a name, by Unicode."""

import pytest

from archives.models.names import UnusableName, clean, readable

INVISIBLE = [
    "\u200b",
    "\u200b\u200c\u200d\ufeff",
    "\u2060 \u00ad",
    "\u00a0\u3000\u2003",
    "\u202e\u202c",
    "\u200e\u200f\u061c",
    "\u3164",
    "\u115f\u1160\uffa0",
    "\u2800",
    "\u0301",
    "\ufe0f",
    "\U000e0041",
]
CONTROL = ["A\x00", "A\nB", "A\tB", "\x1b[31mA", "A\x7f", "A\x85", "A\u2028B", "A\u2029", "A\ud800"]


@pytest.mark.parametrize("text", [*INVISIBLE, *CONTROL, "", " ", "A" * 201])
def test_it_refuses(text: str) -> None:
    with pytest.raises(UnusableName):
        clean(text, longest=200)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Hearing", "Hearing"),
        ("  Hearing\u00a0", "Hearing"),
        ("\u200bHearing\ufeff", "Hearing"),
        ("Hear\u200bing", "Hearing"),
        # Cafe with a combining accent is the word that a keyboard types.
        ("Cafe\u0301", "Caf\u00e9"),
        # What would be shown backwards.
        ("abc\u202efdp.exe", "abcfdp.exe"),
        ("नमस्ते", "नमस्ते"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d⚖️", "👩\u200d⚖️"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"),
        ("العربية\u200f!", "العربية\u200f!"),
        ("\u0600\u0661", "\u0600\u0661"),
        ("7", "7"),
        ("!", "!"),
        ("한국", "한국"),
    ],
)
def test_it_stores(text: str, stored: str) -> None:
    assert clean(text, longest=200) == stored
    assert clean(stored, longest=200) == stored


def test_the_length_is_that_of_what_is_stored() -> None:
    assert clean("e\u0301" * 200 + "\u200b", longest=200) == "\u00e9" * 200


@pytest.mark.parametrize("text", [*INVISIBLE, None, ""])
def test_a_name_of_others_that_cannot_be_seen_is_none(text: object) -> None:
    assert readable(text, longest=200) == ""


def test_a_name_of_others_is_made_readable() -> None:
    assert readable("An\u200bn\nB\x00", longest=200) == "Ann B"
    assert readable(7, longest=200) == "7"
    assert readable("ab cd", longest=3) == "ab"
