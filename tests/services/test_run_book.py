"""Every alarm links to a section of the run-book that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from archives.services import run_book
from tests.ops.test_alert_rules import alarm_codes

TEXT = (Path(__file__).resolve().parents[2] / run_book.PAGE).read_text()


def anchors() -> set[str]:
    """As renderers of Markdown make them of headings."""
    headings = re.findall(r"(?m)^#{2,3} (.+)$", TEXT)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_code_has_an_entry_and_every_entry_a_section() -> None:
    assert alarm_codes() - set(run_book.ENTRIES) == set()
    sections = {entry.section for entry in (*run_book.ENTRIES.values(), run_book.UNKNOWN)}
    assert sections - anchors() == set()


def test_the_link_leads_to_the_page_of_the_setting(settings: Any) -> None:
    settings.RUNBOOK_URL = ""
    assert run_book.link("gap") == "docs/operations.md#gap"
    settings.RUNBOOK_URL = "https://docs.example.org/operations"
    assert run_book.link("unheard_of") == "https://docs.example.org/operations#run-book"
