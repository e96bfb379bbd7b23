"""How far pictures lie beside their sound in each segment, by what its seams say. Pure.

A seam says by how much pictures jump where the sound goes on. Only differences are known: what most of the
run has is taken for right, and is left as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median_low

# A measurement is good to about half a frame; smaller jumps would add up to one that nobody made.
LEAST_JUMP_MS = 20.0
# Beyond that it is a seam that was measured wrongly.
MOST_JUMP_MS = 400.0


def early_ms(jumps: Iterable[tuple[str, str, float | None]], lengths: Mapping[str, float]) -> dict[str, int]:
    """{segment: by how many ms its pictures come too early (below zero: too late)}, those apart from 0 only.

    `jumps`: (earlier, later, by how much the pictures jump ahead; None if that is not known), in order.
    """
    chains: list[dict[str, float]] = []
    of: dict[str, dict[str, float]] = {}
    for earlier, later, jump in jumps:
        chain = of.get(earlier)
        if jump is None or abs(jump) > MOST_JUMP_MS:
            continue
        if chain is None:
            chain = of[earlier] = {earlier: 0.0}
            chains.append(chain)
        chain[later] = chain[earlier] + (jump if abs(jump) >= LEAST_JUMP_MS else 0.0)
        of[later] = chain
    found = {segment: at for chain in chains for segment, at in _from_usual(chain, lengths)}
    return {segment: round(at) for segment, at in found.items() if abs(at) >= LEAST_JUMP_MS}


def _from_usual(chain: Mapping[str, float], lengths: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    """Each beside what lasts longest in the chain: seconds count, not segments."""
    weighed = [at for name, at in chain.items() for _ in range(max(1, round(lengths.get(name, 0) / 10_000)))]
    usual = median_low(weighed)
    return [(segment, at - usual) for segment, at in chain.items()]
