"""The pages' modules hold under the TypeScript compiler, and call the vendor's library as its types allow."""

from __future__ import annotations

from pathlib import Path

from tests.support.browser.page_types import copy_of_modules, page_complaints, page_elements

# What a module has, a wrong thing in its place, and what the compiler has to say of it.
FAULTS = {
    "call/session-link.js": [
        (
            "OT.initSession(apiKey, sessionId)",
            "OT.initSession({ apiKey, sessionId })",
            "Expected 2-3 arguments",
        ),
        ("session.connect(token, done)", "session.connect(token, done, 5)", "Expected 2 arguments"),
        ("insertDefaultUI: false,", 'insertDefaultUI: "no",', "'string' is not assignable to type 'boolean"),
        ("session.publish(publisher, done)", "session.publish(source, done)", "No overload matches"),
        ("publisher.publishAudio(source.audioOn)", "publisher.mute(source.audioOn)", "'mute' does not exist"),
    ],
    "call/others.js": [
        (
            "{ insertDefaultUI: false }",
            "{ insertDefaultUI: 0 }",
            "'number' is not assignable to type 'boolean",
        ),
        ("stream.streamId", "stream.guid", "'guid' does not exist"),
    ],
    "call/call.js": [
        ("session.on(`signal:${type}`", "session.listen(`signal:${type}`", "'listen' does not exist")
    ],
    "call/platform.js": [("OT.setProxyUrl(proxyUrl)", "OT.setProxyUrl({ proxyUrl })", "type 'string'")],
    "call/room-page.js": [("OT?.unblockAudio", "OT?.unblockSound", "'unblockSound' does not exist")],
    "player/player.js": [('byId("volume")', 'byId("volumes")', "keyof PageElements")],
}


def test_the_types_of_every_module_hold(tmp_path: Path) -> None:
    assert page_complaints(copy_of_modules(tmp_path)) == []


def test_a_wrong_call_of_the_vendors_library_is_refused(tmp_path: Path) -> None:
    modules = copy_of_modules(tmp_path)
    for name, faults in FAULTS.items():
        text = (modules / name).read_text()
        for right, wrong, _ in faults:
            assert right in text, f"{name} has no {right} any more: plant the fault elsewhere"
            text = text.replace(right, wrong)
        (modules / name).write_text(text)
    refused = page_complaints(modules)
    for name, faults in FAULTS.items():
        for _, wrong, why in faults:
            assert any(line.startswith(name) and why in line for line in refused), (wrong, refused)


def test_what_an_included_template_is_given_is_in_its_ids() -> None:
    elements = page_elements()
    assert '"share-dialog": HTMLDialogElement;' in elements
    assert "{{" not in elements
