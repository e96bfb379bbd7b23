"""Who gets what at which address: one row for each route and method, one column for each kind of caller.

`python -m tests.support.access_table > docs/access.md` writes it; tests/api/test_access_table.py tries it.
"""

from __future__ import annotations

from dataclasses import dataclass

CALLERS = {
    "anonymous": "nobody in particular",
    "invited": "came by an invitation to the room",
    "expired": "came by one that has ended",
    "other room": "came by one to another room",
    "shared": "was given a link to the recording",
    "signed in": "signed in, without a role",
    "host": "host of the room",
    "host elsewhere": "host of another room",
    "reviewer": "reviewer of the room",
    "operator": "staff, no permission in the console",
    "operators": "of the group operators, with its permissions",
}
# yes; sign in (401, or the sign-in page); no (403); hidden (404, as if it were not there)
YES, SIGN_IN, NO, HIDDEN = "yes", "sign in", "no", "hidden"


def policy(default: str, **outcomes: str) -> dict[str, str]:
    """Operators have what an operator without permissions has, where nothing else is said."""
    said = {"operators": outcomes.get("operator", default), **outcomes}
    return {caller: said.get(caller.replace(" ", "_"), default) for caller in CALLERS}


ANYBODY = policy(YES)
NOBODY = policy(SIGN_IN)
NOTHING_THERE = policy(HIDDEN)
ENTER = policy(SIGN_IN, invited=YES, signed_in=NO, host=YES, host_elsewhere=NO, reviewer=NO, operator=YES)
ENTER_PAGE = policy(NO, invited=YES, host=YES, operator=YES)
HOST = policy(SIGN_IN, signed_in=NO, host=YES, host_elsewhere=HIDDEN, reviewer=NO, operator=YES)
ANY_HOST = HOST | {"host elsewhere": YES}
PEOPLE = HOST | {"reviewer": YES}
WATCH = PEOPLE | {"shared": YES}
HOLDS = policy(SIGN_IN, signed_in=NO, host=NO, host_elsewhere=NO, reviewer=NO, operator=NO, operators=YES)
# The list holds what one may see, so a host of another room gets his own.
OWN = PEOPLE | {"host elsewhere": YES}
SIGNED_IN = policy(SIGN_IN, signed_in=YES, host=YES, host_elsewhere=YES, reviewer=YES, operator=YES)
# The page holds nothing of the run; what it asks the API for does.
PLAYER = OWN | {"shared": YES}


@dataclass(frozen=True)
class Row:
    route: str
    method: str
    path: str
    outcomes: dict[str, str]


ROWS = [
    # pages
    Row("default_room", "GET", "/", ENTER_PAGE),
    Row("participant", "GET", "/rooms/main/", ENTER_PAGE),
    Row("default_host", "GET", "/host/", HOST),
    Row("host", "GET", "/rooms/main/host/", HOST),
    Row("hosted_rooms", "GET", "/host/rooms/", ANY_HOST),
    Row("player", "GET", "/player/", OWN),
    Row("player", "GET", "/player/?run={run}", PLAYER),
    Row("seed_index", "GET", "/index.html", ANYBODY),
    Row("seed_admin", "GET", "/admin.html", ANYBODY),
    Row("seed_player", "GET", "/player.html", ANYBODY),
    Row("login", "GET", "/accounts/login/", ANYBODY),
    Row("logout", "POST", "/accounts/logout/", ANYBODY),
    Row("password_change", "GET", "/accounts/password_change/", SIGNED_IN),
    Row("password_change", "POST", "/accounts/password_change/", SIGNED_IN),
    Row("password_change_done", "GET", "/accounts/password_change/done/", SIGNED_IN),
    Row("overview", "GET", "/admin/overview/", policy(SIGN_IN, operator=NO, operators=YES)),
    # API: rooms
    Row("room-list", "GET", "/api/rooms/", ANY_HOST),
    Row("room-detail", "GET", "/api/rooms/main/", ENTER),
    Row("room-join", "POST", "/api/rooms/main/join/", ENTER),
    Row("room-away", "POST", "/api/rooms/main/away/", ENTER),
    Row("room-sending", "POST", "/api/rooms/main/sending/", ENTER),
    Row("room-state", "GET", "/api/rooms/main/state/", ENTER),
    Row("room-invitations", "GET", "/api/rooms/main/invitations/", HOST),
    Row("room-invitations", "POST", "/api/rooms/main/invitations/", HOST),
    Row("room-invitation", "DELETE", "/api/rooms/main/invitations/{invitation}/", HOST),
    # API: runs
    Row("run-list", "GET", "/api/runs/", OWN),
    Row("run-list", "POST", "/api/runs/", HOST),
    Row("run-detail", "GET", "/api/runs/{run}/", WATCH),
    Row("run-offsets", "GET", "/api/runs/{run}/offsets/", WATCH),
    Row("run-restart", "POST", "/api/runs/{run}/restart/", HOST),
    Row("run-stop", "POST", "/api/runs/{run}/stop/", HOST),
    Row("run-postpone", "POST", "/api/runs/{run}/postpone/", HOST),
    Row("run-detail", "PATCH", "/api/runs/{run}/", HOST),
    Row("run-retention", "POST", "/api/runs/{run}/retention/", HOST),
    Row("run-trash", "POST", "/api/runs/{run}/trash/", HOST),
    Row("run-restore", "POST", "/api/runs/{run}/restore/", HOST),
    Row("run-hold", "POST", "/api/runs/{run}/hold/", HOLDS),
    Row("run-release", "POST", "/api/runs/{run}/release/", HOLDS),
    Row("run-shares", "GET", "/api/runs/{run}/shares/", HOST),
    Row("run-shares", "POST", "/api/runs/{run}/shares/", HOST),
    Row("run-share", "DELETE", "/api/runs/{run}/shares/{share}/", HOST),
    Row("run-captions", "PUT", "/api/runs/{run}/captions/", HOST),
    Row("run-captions", "DELETE", "/api/runs/{run}/captions/", HOST),
    Row("run-seams", "GET", "/api/runs/{run}/seams/", WATCH),
    Row("run-exports", "GET", "/api/runs/{run}/exports/", WATCH),
    Row("run-exports", "POST", "/api/runs/{run}/exports/", HOST),
    Row("export", "GET", "/api/exports/{export}/", WATCH),
    Row("export-cancel", "POST", "/api/exports/{export}/cancel/", HOST),
    # API: the rest
    Row("token", "POST", "/api/token/", ANYBODY),
    Row("schema", "GET", "/api/schema/", ANYBODY),
    Row("docs", "GET", "/api/docs/", ANYBODY),
    Row("unknown_address", "GET", "/api/nothing/", NOTHING_THERE),
    Row("healthz", "GET", "/healthz", ANYBODY),
    Row("readyz", "GET", "/readyz", ANYBODY),
    # With METRICS_TOKEN set it is for whoever has that token (401 else), with no regard to who is signed in.
    Row("metrics", "GET", "/metrics", NOTHING_THERE),
    # media
    Row("segment_file", "GET", "/media/segments/{segment}/", WATCH),
    Row("export_file", "GET", "/media/exports/{export}/", WATCH),
    Row("run_captions", "GET", "/media/runs/{run}/captions.vtt", WATCH),
    Row("run_cover.jpg", "GET", "/media/runs/{run}/cover.jpg", WATCH),
    Row("run_thumbnails.jpg", "GET", "/media/runs/{run}/thumbnails.jpg", WATCH),
    Row("run_thumbnails.vtt", "GET", "/media/runs/{run}/thumbnails.vtt", WATCH),
    Row("run_levels.json", "GET", "/media/runs/{run}/levels.json", WATCH),
    # callbacks: only with the platform's signature, whoever one is
    Row("webhook_archive", "POST", "/webhooks/archive/", NOBODY),
    Row("webhook_session", "POST", "/webhooks/session/", NOBODY),
    # the contract of the system before
    Row("seed_api_key", "GET", "/apiKey", ENTER),
    Row("seed_session_ids", "GET", "/sessionIds", ENTER),
    Row("seed_tokens", "GET", "/tokens", ENTER),
    Row("seed_offset", "GET", "/archives/offset", ENTER),
    Row("seed_archive_offset", "GET", "/archives/{archive}/offset", ENTER),
    Row("seed_archives", "GET", "/archives", PEOPLE),
    Row("seed_archives", "POST", "/archives", HOST),
    Row("seed_stop", "POST", "/archives/{archive}/stop", HOST),
    Row("seed_restart", "POST", "/archives/{archive}/restart", HOST),
]

ABOUT = """# Who gets what

For a room that is by invitation, with people named for it; every cell is tried by
tests/api/test_access_table.py, and a route or method without a row fails it. *yes*: it is answered.
*sign in*: 401, or the sign-in page. *no*: 403. *hidden*: 404, as if it were not there.

The callers:
"""
CONSOLE = """
The console (`/admin/`) is for staff: everybody else is sent to its sign-in. Staff without permissions see its
front page and no list. Each list and each row asks for the `view` permission of its own kind. Start, stop,
restart, retry, reconcile, export, trash and restore ask for `change_archiverun`, legal hold and its end
for `hold_archiverun`, removing the files of what is in the trash for `purge_archiverun`; the group
`operators` has all of them (tests/console/test_actions.py tries each without its permission). Recordings are
never edited or deleted by hand.
"""


def rendered() -> str:
    callers = "".join(f"- **{name}**: {about}\n" for name, about in CALLERS.items())
    head = f"| | {' | '.join(CALLERS)} |\n|---|{'---|' * len(CALLERS)}\n"
    lines = "".join(f"| `{row.method} {row.path}` | {' | '.join(row.outcomes.values())} |\n" for row in ROWS)
    return f"{ABOUT}\n{callers}\n{head}{lines}{CONSOLE}"


if __name__ == "__main__":
    print(rendered(), end="")
