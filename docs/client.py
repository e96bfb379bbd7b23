"""Records a room for ten seconds, changes over once, and prints the pieces. Needs `requests` alone."""

import os
import time

import requests

URL, ROOM = os.environ["ARCHIVE_URL"], os.environ.get("ARCHIVE_ROOM", "main")
api, who = (
    requests.Session(),
    {"username": os.environ["ARCHIVE_USER"], "password": os.environ["ARCHIVE_PASSWORD"]},
)


def call(method, path, **body):
    answer = api.request(method, f"{URL}/api/{path}", json=body or None, timeout=30)
    if not answer.ok:
        raise SystemExit("{code}: {message}".format(**answer.json()))
    return answer.json()


api.headers["Authorization"] = f"Token {call('POST', 'token/', **who)['token']}"
run = call("POST", "runs/", name="Made by a script", room=ROOM)
time.sleep(float(os.environ.get("ARCHIVE_SECONDS", 5)))
for verb, until in (("restart", "recording"), ("stop", "complete")):
    call("POST", f"runs/{run['id']}/{verb}/")
    while call("GET", f"runs/{run['id']}/")["status"] not in (until, "failed"):
        time.sleep(1)
for span in call("GET", f"runs/{run['id']}/offsets/")["spans"]:
    print(span["kind"], span["start_ms"], span["out_ms"] - span["in_ms"], span["url"])
