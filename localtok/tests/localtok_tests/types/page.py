"""docs/localtok-coverage.md: `python -m localtok_tests.types.page > docs/localtok-coverage.md`.

The half about REST is localtok's own table; the half about the browser library is made from the vendor's
published types, the comparison with them, and what probes and tests name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from localtok.http import coverage
from localtok_tests.types.comparison import Member, compared, documented_errors, listed
from localtok_tests.types.evidence import differing, in_page_tests, known_to_differ, probed

STATES = ("done", "fits", "partly", "missing")
TITLES = {
    "OT": "OT in the browser",
    "initSession": "Options of initSession",
    "WidgetProperties": "Options of publishers and subscribers (WidgetProperties)",
    "GetUserMediaProperties": "Options of capture (GetUserMediaProperties)",
    "PublisherProperties": "Options of publishers (PublisherProperties)",
    "SubscriberProperties": "Options of subscribers (SubscriberProperties)",
    "WidgetStyle": "Styles (WidgetStyle)",
    "PublisherStyle": "Styles of publishers (PublisherStyle)",
    "SubscriberStyle": "Styles of subscribers (SubscriberStyle)",
}
HEAD = """# What localtok covers of OpenTok

`python -m localtok.http.coverage` generates the REST part from localtok's code;
`python -m localtok_tests.types.page` generates the browser part from the types that the vendor publishes
(`@opentok/client`, opentok.d.ts). A test checks that this page is up to date. *Done* behaves as the vendor
documents it; *partly* says what differs; *refused* answers 501; *missing* is not there for a page to call.
"""
BROWSER = """
## The browser library, held against the vendor's types

The TypeScript compiler compares each member of opentok.d.ts with localtok's library: it exists, takes what
the vendor's takes, and returns what the vendor's returns. A member is *done* if it fits, a probe (the same
script on the vendor's library and on localtok's) or a test that drives a page names it, and no probe of it is
known to differ; it only *fits* if none names it. Where the vendor's own library does other than its types
say, localtok does as the library does, which a probe shows.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([*_rest(), *_browser()]) + "\n"


def state(member: Member) -> str:
    if member.differs == "missing":
        return "missing"
    behaves = member.key not in listed()["behaviour"] and not differing(member)
    if not behaves or (member.differs and member.key not in listed()["alike"]):
        return "partly"
    return "done" if probed(member) or in_page_tests(member) else "fits"


def _rest() -> Iterator[str]:
    yield from HEAD.splitlines()
    yield coverage.table().rstrip("\n")


def _browser() -> Iterator[str]:
    members = compared().members
    yield from BROWSER.splitlines()
    yield from _counts(members)
    for owner, group in groupby(members, key=lambda each: each.owner):
        of_owner = list(group)
        yield from _table(TITLES.get(owner, f"{owner} in the browser"), "member", of_owner, events=False)
        yield from _table(f"Events of {owner}", "event", of_owner, events=True)
    yield from _errors()
    yield from _extra()
    yield from _differing_probes()


def _counts(members: Iterable[Member]) -> Iterator[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for each in members:
        counted.update([(each.kind, state(each)), ("all", state(each))])
    yield from ("", f"| | {' | '.join(STATES)} |", "|---|---|---|---|---|")
    for kind in dict.fromkeys([*(each.kind for each in members), "all"]):
        yield f"| {kind} | {' | '.join(str(counted[kind, each]) for each in STATES)} |"


def _table(title: str, what: str, members: list[Member], *, events: bool) -> Iterator[str]:
    chosen = [each for each in members if (each.kind == "event") == events]
    if not chosen:
        return
    yield from ("", f"## {title}", "", f"| {what} | | probed |", "|---|---|---|")
    for each in sorted(chosen, key=lambda member: (member.name, member.kind == "promise")):
        yield f"| {_name(each)} | {_state(each)} | {'yes' if probed(each) else ''} |"


def _name(member: Member) -> str:
    if member.kind == "promise":
        return f"`{member.name}.promise`"
    fields = f" ({member.fields})" if member.fields else ""
    return f"`{member.name}`{fields}"


def _state(member: Member) -> str:
    reasons = [listed()[table].get(member.key, "") for table in ("types", "alike", "behaviour")]
    reasons += [f"probe “{label}”" for label in differing(member)]
    said = "; ".join(filter(None, reasons))
    return _cell(f"{state(member)}: {said}" if said else state(member))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _errors() -> Iterator[str]:
    source = documented_errors()["source"]
    yield from (
        "",
        "## Errors",
        "",
        "The published types name no error. These codes and titles of the `exception`",
    )
    yield f"event are [documented]({source})."
    yield "A probe compares all titles with the vendor's library."
    yield from ("", "| code | title | |", "|---|---|---|")
    for code, title in documented_errors()["titles"].items():
        there = compared().titles.get(code) == title
        yield f"| {code} | {title} | {'done' if there else 'missing, as it is in the vendor’s library'} |"
    names = [f"`{name}`{'*' if name in documented_errors()['names'] else ''}" for name in compared().errors]
    yield from ("", f"Names of localtok's errors (*: in the vendor's documentation): {', '.join(names)}.")


def _extra() -> Iterator[str]:
    yield from ("", "## Public, and not in the vendor's types", "", "| member | |", "|---|---|")
    for key in compared().extra:
        yield f"| `{key}` | {listed()['extra'].get(key, '')} |"


def _differing_probes() -> Iterator[str]:
    yield from ("", "## Probes that are known to differ", "")
    if not known_to_differ():
        yield "None."
        return
    yield from ("| probe | why |", "|---|---|")
    for (group, label), reason in known_to_differ().items():
        yield f"| {group}: {_cell(label)} | {_cell(reason)} |"


if __name__ == "__main__":
    print(page(), end="")
