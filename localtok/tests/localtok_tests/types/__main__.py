"""`python -m localtok_tests.types`: the table of members; `--left` those alone that differ."""

from __future__ import annotations

import sys
from collections import Counter

from localtok_tests.types.comparison import Comparison, Member, compared, listed


def table(found: Comparison, *, left: bool) -> str:
    """Every member, what the compiler finds, and whether the list of differences has it."""
    known = {**listed()["types"], **listed()["alike"]}
    rows = [
        f"{each.key:52} {each.kind:9} {state(each):8} {mark(each, each.key in known):17} {each.differs[:110]}"
        for each in found.members
        if each.differs or each.key in known or not left
    ]
    extra = [f"{key:52} not the vendor's" for key in found.extra]
    return "\n".join([*rows, *extra, summary(found)])


def state(member: Member) -> str:
    return "fits" if not member.differs else "missing" if member.differs == "missing" else "differs"


def mark(member: Member, is_listed: bool) -> str:
    if bool(member.differs) == is_listed:
        return ""
    return "NOT LISTED" if member.differs else "LISTED, BUT FITS"


def summary(found: Comparison) -> str:
    """How many members of each kind fit, differ and are missing."""
    counted: Counter[tuple[str, str]] = Counter()
    for each in found.members:
        counted.update([(each.kind, state(each)), ("all", state(each))])
    kinds = [*dict.fromkeys(each.kind for each in found.members), "all"]
    rows = [
        f"{kind:12}" + "".join(f"{counted[kind, each]:9}" for each in ("fits", "differs", "missing"))
        for kind in kinds
    ]
    return "\n".join(["", f"{'':12}     fits  differs  missing", *rows])


if __name__ == "__main__":
    print(table(compared(), left="--left" in sys.argv))
