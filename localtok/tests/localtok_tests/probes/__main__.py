"""`python -m localtok_tests.probes [-v] [--only TEXT] [GROUP …]`: a table of what agrees and what differs."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterable

from localtok_tests.probes.comparison import Result, compare


def table(results: list[Result]) -> Iterable[str]:
    """One line a group, and the sum."""
    rows = [(each.group, len(each.vendor), len(each.differ), len(each.unlisted)) for each in results]
    rows.append(("all", *(sum(row[column] for row in rows) for column in (1, 2, 3))))
    yield f"{'group':14}{'probes':>8}{'agree':>8}{'differ':>8}{'unlisted':>10}{'agree %':>9}"
    for group, probes, differ, unlisted in rows:
        share = 100 * (probes - differ) / probes if probes else 0
        yield f"{group:14}{probes:8}{probes - differ:8}{differ:8}{unlisted:10}{share:9.1f}"


def details(result: Result, every: bool) -> Iterable[str]:
    """What both libraries did, probe by probe: where they differ, or of every one."""
    for name in sorted(result.vendor) if every else result.differ:
        mark = "listed" if name in result.known else "differs" if name in result.differ else "agrees"
        yield f"\n{mark}: {result.group}: {name}"
        yield f"  vendor   {json.dumps(result.vendor.get(name), ensure_ascii=False)}"
        if name in result.differ:
            yield f"  localtok {json.dumps(result.localtok.get(name), ensure_ascii=False)}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m localtok_tests.probes", description=__doc__)
    parser.add_argument("groups", nargs="*", help="all of them if none is named")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what differs")
    parser.add_argument("-a", "--all", action="store_true", help="show every observation")
    parser.add_argument("--only", default="", help="probes with this text in their names")
    options = parser.parse_args()
    results = asyncio.run(compare(options.groups, options.only))
    for result in results:
        if options.verbose or options.all:
            print("\n".join(details(result, options.all)))
        if result.outdated:
            print("listed, but agree:", result.group, result.outdated)
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
