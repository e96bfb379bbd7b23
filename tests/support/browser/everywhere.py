"""The numbers of one run from every place that shows them: they must be the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.support.browser.recorded_run import Run
from tests.support.servers.event_receiver import Receiver
from tests.support.servers.processes import OPERATOR, PASSWORD, Product, wait_for

# Returns the numbers of a run that has ended; they are the same in every place.
Check = Callable[[Run], dict[str, Any]]
NAMES = ("result", "duration_ms", "missing_ms", "lost_ms", "gap_count")


def subscribe(product: Product, receiver: Receiver) -> None:
    """Have every event sent to `receiver`. The product needs EVENTS_ALLOW_PRIVATE."""
    code = (
        "from archives.models import Subscriber; import base64; "
        f"Subscriber.objects.create(name='test', address='{receiver.url}', "
        "secret='whsec_' + base64.b64encode(b'x' * 32).decode())"
    )
    product.manage("shell", "-c", code)


def numbers_everywhere(product: Product, recorded: Run, receiver: Receiver) -> dict[str, dict[str, Any]]:
    """By place: result, duration, missing, lost and number of gaps."""
    http, detail = recorded.http, recorded.get()
    listed = [run for run in http.get("/api/runs/").json()["results"] if run["id"] == recorded.id]
    report = http.get(f"/api/runs/{recorded.id}/seams/").json()
    offsets = recorded.offsets()
    gaps = [span for span in offsets["spans"] if span["kind"] == "gap"]
    event = wait_for(lambda: _event(receiver, recorded.id, "run.complete"), "run.complete arrives", 30)
    return {
        "card": _picked(listed[0]),
        "run": _picked(detail["account"]),
        "player": _picked(offsets["account"]),
        "report": _picked(report["account"]) | {"gap_count": report["gaps"]},
        "spans": _picked(offsets["account"])
        | {
            "duration_ms": offsets["duration_ms"],
            "missing_ms": sum(span["out_ms"] for span in gaps),
            "gap_count": len(gaps),
        },
        "event": _picked(event["data"]),
        "console": _picked(detail["account"]) | {"missing_ms": _console_ms(product, recorded)},
    }


def remarks_everywhere(recorded: Run, receiver: Receiver, code: str) -> list[dict[str, Any]]:
    """Of this code, once the alarm of the content check has arrived: the same in player and report."""
    wait_for(lambda: _event(receiver, recorded.id, "alarm.opened", code="content"), "the alarm arrives", 60)
    player = recorded.offsets()["remarks"]
    report = recorded.http.get(f"/api/runs/{recorded.id}/seams/").json()["remarks"]
    assert player == report
    return [remark for remark in player if remark["code"] == code]


def assert_the_same(numbers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first = numbers["run"]
    different = {place: said for place, said in numbers.items() if said != first}
    print(first)
    assert not different, f"{first} in the run, and {different}"
    return first


def _picked(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in NAMES}


def _event(receiver: Receiver, run: str, type: str, **data: Any) -> dict[str, Any] | None:
    """The first that has arrived of this type, run and data."""
    bodies = [each["body"] for each in receiver.took if each["body"]["type"] == type]
    wanted = {"run": run, **data}.items()
    return next((body for body in bodies if wanted <= body["data"].items()), None)


def _console_ms(product: Product, recorded: Run) -> int:
    """What the console's page says is missing, to its tenth of a second; the account's own if it agrees."""
    session = product.http.session.__class__()
    session.trust_env = False
    login = f"{product.url}/accounts/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', session.get(login, timeout=30).text)
    assert token
    form = {"username": OPERATOR, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    session.post(login, data=form, headers={"Referer": login}, timeout=30)
    page = session.get(f"{product.url}/admin/archives/archiverun/{recorded.id}/change/", timeout=30)
    assert page.status_code == 200, page.status_code
    said = re.search(r"([\d.]+) s missing", page.text)
    shown_ms = round(float(said[1]) * 1000) if said else 0
    own_ms = int(recorded.get()["account"]["missing_ms"])
    return own_ms if abs(shown_ms - own_ms) <= 50 else shown_ms
