"""Dashboard and alert rules name metrics, labels and alarms that there are; the run-book has all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from archives.models import Room, RunAccount
from archives.ops import telemetry
from archives.services import alarms, counters, heartbeats
from archives.services.heartbeats import MEDIA, WORKER

ROOT = Path(__file__).resolve().parents[2]
RUN_BOOK = (ROOT / "docs/operations.md").read_text()
RULES = yaml.safe_load((ROOT / "docs/grafana/alerts.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((ROOT / "docs/grafana/dashboard.json").read_text())["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]
SELECTOR = re.compile(r"\b(dualarchive_\w+)(?:\{([^}]*)\})?")


@pytest.fixture
def samples(db: None, settings: Any) -> dict[str, list[dict[str, str]]]:
    """The labels of every sample of an installation in which everything has happened once."""
    settings.METRICS_TOKEN = "a token of tests"
    for kind in (WORKER, MEDIA):
        heartbeats.record(process=kind, kind=kind)
    for metric in (telemetry.PLATFORM_CALL, telemetry.RESTART, telemetry.DUE_LAG):
        counters.count(metric, 1.0, kind="archive_get", result="failed")
    counters.weigh_storage()
    room = Room.objects.get()
    for code in alarm_codes():
        alarms.open(room=room, code=code, message="…")
    headers = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    text = Client().get("/metrics", headers=headers).content.decode()
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def alarm_codes() -> set[str]:
    """Every code under which an alarm is raised somewhere in the product."""
    places = ("reconciler/steps", "reconciler/run", "services/restart_table", "services/account_reports")
    places += ("media/ingest/job", "services/jobs/content")
    reports = (ROOT / "archives/services/account_reports.py").read_text()
    results = {RunAccount.Result[name].value for name in re.findall(r"\bResult\.([A-Z]+)", reports)}
    lines = "\n".join((ROOT / f"archives/{name}.py").read_text() for name in places).splitlines()
    telling = [line for line in lines if re.search(r"\bcode ?=|GiveUp\(|^TROUBLE|^NOT_KEPT|^ALARM", line)]
    return results | {code for line in telling for code in re.findall(r'"([a-z]+(?:_[a-z]+)*)"', line)}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_is_one_that_there_is(expression: str, samples: Any) -> None:
    selected = SELECTOR.findall(expression)
    assert selected
    for name, labels in selected:
        assert name in samples, f"no such metric: {name}"
        for label, value in re.findall(r'(\w+)=~?"([^"]*)"', labels):
            values = {sample.get(label) for sample in samples[name]}
            assert label in samples[name][0], f"{name} has no label {label}"
            if label in ("kind", "queue", "code"):
                assert set(value.split("|")) <= values, f"{name}: {label} is never {value}"


def test_a_rule_of_a_metric_that_there_is_not_would_be_found(samples: Any) -> None:
    with pytest.raises(AssertionError, match="no such metric"):
        test_every_metric_and_label_is_one_that_there_is("dualarchive_nothing > 1", samples)


def headings() -> set[str]:
    return set(re.findall(r"(?m)^### (.+)$", RUN_BOOK))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_rule_has_its_place_in_the_run_book(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["runbook"] in headings()


def test_every_alarm_has_its_place_in_the_run_book() -> None:
    codes = alarm_codes()
    assert len(codes) >= 8, codes
    assert {code for code in codes if not any(code in heading for heading in headings())} == set()


def test_every_check_is_in_the_run_book() -> None:
    names = ("checks", "production_checks")
    source = "".join((ROOT / f"archives/ops/{name}.py").read_text() for name in names)
    ids = set(re.findall(r'"archives\.([EW]\d{3})"', source))
    assert len(ids) > 15
    assert {one for one in ids if f"`archives.{one}`" not in RUN_BOOK} == set()
