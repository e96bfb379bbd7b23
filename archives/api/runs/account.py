"""The account of a run in the API's shape: how long it is, what is missing and why, and its outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from archives import clock
from archives.models import RunAccount
from archives.timeline.causes import sentence


class GapSerializer(serializers.Serializer):
    """A stretch of the run in which nothing is recorded."""

    start_ms = serializers.IntegerField(help_text="Where it begins in the run.")
    end_ms = serializers.IntegerField()
    gap_from = serializers.DateTimeField()
    gap_until = serializers.DateTimeField()
    earliest = serializers.DateTimeField(help_text="The gap did not begin before this.")
    latest = serializers.DateTimeField(help_text="The gap had ended by then.")
    lost_ms = serializers.IntegerField(help_text="How long somebody published in it, as far as is known.")
    open = serializers.BooleanField(help_text="It still lasts.")
    cause = serializers.CharField(help_text="In people's words.")
    causes = serializers.ListField(child=serializers.CharField(), help_text="Codes.")


class AbsentSerializer(serializers.Serializer):
    """One person is missing although something was recorded."""

    person = serializers.CharField()
    absent_from = serializers.DateTimeField(help_text="To about a second.")
    absent_until = serializers.DateTimeField()
    sure = serializers.BooleanField(
        help_text="True: they published in no recorded session. False: their own page lost its connection or "
        "stood still, and they may be missing."
    )
    cause = serializers.CharField(help_text="In people's words.")
    causes = serializers.ListField(child=serializers.CharField(), help_text="Codes.")


class AccountSerializer(serializers.Serializer):
    """What a run holds and what is missing: the same numbers wherever it is shown."""

    result = serializers.ChoiceField(
        choices=RunAccount.Result.choices, help_text="The outcome; `status` is the state of the work on it."
    )
    duration_ms = serializers.IntegerField(help_text="From its first instant to its last, gaps included.")
    missing_ms = serializers.IntegerField(help_text="All gaps together.")
    lost_ms = serializers.IntegerField(help_text="How long somebody published in them, as far as is known.")
    pending_ms = serializers.IntegerField(help_text="Recorded, but not playable yet.")
    gap_count = serializers.IntegerField()
    measured = serializers.IntegerField(help_text="Overlaps measured in the media.")
    estimated = serializers.IntegerField(help_text="Overlaps known from the platform's times only.")
    playable = serializers.BooleanField(help_text="Something can be played.")
    gaps = GapSerializer(many=True)
    absences = AbsentSerializer(many=True)


def account_json(account: RunAccount) -> dict[str, Any]:
    names = ("result", "duration_ms", "missing_ms", "lost_ms", "pending_ms", "gap_count", "measured")
    facts = {name: getattr(account, name) for name in (*names, "estimated", "playable")}
    return facts | {
        "gaps": [gap_json(gap, account.began_at_ms) for gap in account.gaps],
        "absences": [absence_json(absence) for absence in account.absences],
    }


def gap_json(gap: dict[str, Any], began_at_ms: int) -> dict[str, Any]:
    since, until = began_at_ms + gap["start_ms"], began_at_ms + gap["end_ms"]
    before, after = gap["margins_ms"]
    return {
        "start_ms": gap["start_ms"],
        "end_ms": gap["end_ms"],
        "gap_from": _instant(since),
        "gap_until": _instant(until),
        "earliest": _instant(since - before),
        "latest": _instant(until + after),
        "lost_ms": gap["lost_ms"],
        "open": gap["open"],
        "cause": sentences(gap["causes"]),
        "causes": gap["causes"],
    }


def absence_json(absence: dict[str, Any]) -> dict[str, Any]:
    return {
        "person": absence["name"],
        "absent_from": _instant(absence["from_ms"]),
        "absent_until": _instant(absence["until_ms"]),
        "sure": absence["sure"],
        "cause": sentences(absence["causes"]),
        "causes": absence["causes"],
    }


def sentences(causes: list[str] | tuple[str, ...]) -> str:
    return " ".join(sentence(cause) for cause in causes)


def _instant(unix_ms: float) -> datetime:
    return clock.from_ms(round(unix_ms))
