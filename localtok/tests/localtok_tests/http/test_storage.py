"""A project's own storage: which bucket archives are uploaded to, and what is said of them then."""

from __future__ import annotations

import base64
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from localtok.archives.archive import Status
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk, call, until

PATH = f"/v2/project/{KEY}/archive/storage"
S3 = {"accessKey": "a", "secretKey": "s", "bucket": "hearings"}
AZURE = {"accountName": "n", "accountKey": "k", "container": "hearings"}
CONTENT = b"0123456789"


async def put(server: Localtok, **body: Any) -> Any:
    return await call(server, "PUT", PATH, json=body)


async def recorded(server: Localtok, sdk: Sdk, session_id: str, **options: Any) -> Any:
    archive = await sdk.start_archive(session_id, **options)
    await sdk.stop_archive(archive.id)
    done = (Status.AVAILABLE, Status.UPLOADED, Status.FAILED)
    await until(lambda: server.archiving.get(archive.id).status in done)
    return (await call(server, "GET", f"/v2/project/{KEY}/archive/{archive.id}")).json()


def uploaded(data_dir: Path, archive_id: str, name: str = "archive.mp4") -> Path:
    return data_dir / "buckets" / "hearings" / KEY / archive_id / name


@pytest.mark.parametrize(("kind", "config"), [("s3", S3), ("azure", AZURE)])
async def test_a_file_goes_into_the_bucket(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any, data_dir: Path, kind: str, config: Any
) -> None:
    assert (await put(server, type=kind, config=config)).status_code == 200
    archive = await recorded(server, sdk, session_id)
    assert (archive["status"], archive["url"]) == ("uploaded", None)
    assert (archive["size"], archive["duration"], archive["reason"]) == (10, 4, "user initiated")
    assert archive["sha256sum"] == base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert uploaded(data_dir, archive["id"]).read_bytes() == CONTENT
    assert [path.name for path in uploaded(data_dir, archive["id"]).parent.iterdir()] == ["archive.mp4"]
    assert not server.store.media_path(archive["id"]).exists()


async def test_individual_streams_are_uploaded_as_a_zip(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any, data_dir: Path
) -> None:
    await put(server, type="s3", config=S3)
    archive = await recorded(server, sdk, session_id, output_mode=_individual())
    assert uploaded(data_dir, archive["id"], "archive.zip").exists()


def _individual() -> Any:
    from opentok import OutputModes

    return OutputModes.individual


async def test_callbacks_say_so(
    serve: Any, receiver: Any, pages: Any, data_dir: Path, tmp_path: Path
) -> None:
    server = await serve(archive_callback_url=receiver.url, bucket_dir=tmp_path / "elsewhere")
    sdk = Sdk(server.url)
    session_id = await sdk.routed_session()
    await pages(server, session_id)
    await put(server, type="s3", config=S3)
    archive = await recorded(server, sdk, session_id)
    await until(lambda: [told["status"] for told in receiver.got][-1:] == ["uploaded"])
    assert "available" not in [told["status"] for told in receiver.got]
    assert receiver.got[-1]["url"] is None
    assert (tmp_path / "elsewhere" / "hearings" / KEY / archive["id"] / "archive.mp4").exists()


async def test_an_uploaded_archive_neither_expires_nor_takes_its_file_with_it(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any, data_dir: Path
) -> None:
    await put(server, type="s3", config=S3)
    archive = await recorded(server, sdk, session_id)
    server.clock.advance(100 * 3600)
    await server.archiving.sweep()
    assert server.archiving.get(archive["id"]).status == Status.UPLOADED
    await sdk.delete_archive(archive["id"])
    assert len(await sdk.get_archives()) == 0
    assert uploaded(data_dir, archive["id"]).exists()


@pytest.mark.parametrize(
    ("fallback", "status"),
    [({}, "available"), ({"fallback": "opentok"}, "available"), ({"fallback": "none"}, "failed")],
)
async def test_an_upload_that_fails(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any, data_dir: Path, fallback: Any, status: str
) -> None:
    await put(server, type="s3", config=S3, **fallback)
    shutil.rmtree(data_dir / "buckets" / "hearings")
    archive = await recorded(server, sdk, session_id)
    assert archive["status"] == status
    assert (archive["url"] is not None) == (status == "available")


async def test_it_outlives_a_restart_and_keeps_no_keys(serve: Any, pages: Any, data_dir: Path) -> None:
    server = await serve()
    await put(server, type="s3", config=S3 | {"secretKey": "not for the disk"})
    assert not [path for path in data_dir.rglob("*.json") if "not for the disk" in path.read_text()]
    again = await serve()
    sdk = Sdk(again.url)
    session_id = await sdk.routed_session()
    await pages(again, session_id)
    assert (await recorded(again, sdk, session_id))["status"] == "uploaded"


async def test_after_its_removal_files_are_available_again(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    assert (await call(server, "DELETE", PATH)).status_code == 404
    await put(server, type="s3", config=S3)
    assert (await call(server, "DELETE", PATH)).status_code == 204
    assert (await recorded(server, sdk, session_id))["status"] == "available"


async def test_a_reset_removes_it(server: Localtok) -> None:
    await put(server, type="s3", config=S3)
    await server.reset()
    assert server.storages.of(KEY) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "ftp", "config": S3},
        {"type": ["s3"], "config": S3},
        {"type": "s3"},
        {"type": "s3", "config": []},
        {"type": "s3", "config": {"bucket": "hearings"}},
        {"type": "s3", "config": S3 | {"bucket": ""}},
        {"type": "s3", "config": S3 | {"bucket": 7}},
        {"type": "s3", "config": S3 | {"bucket": "../../etc"}},
        {"type": "s3", "config": S3 | {"bucket": ".."}},
        {"type": "s3", "config": S3 | {"bucket": "a/b"}},
        {"type": "s3", "config": S3 | {"colour": "red"}},
        {"type": "s3", "config": S3 | {"sse": "kms"}},
        {"type": "s3", "config": AZURE},
        {"type": "azure", "config": S3},
        {"type": "s3", "config": S3, "fallback": "cloud"},
        {"type": "s3", "config": S3, "fallback": None},
        {"type": "s3", "config": S3, "more": 1},
    ],
)
async def test_what_is_no_storage_is_refused(server: Localtok, body: dict[str, Any]) -> None:
    answer = await put(server, **body)
    assert answer.status_code == 400, answer.text
    assert server.storages.of(KEY) is None


async def test_encryption_is_not_built(server: Localtok) -> None:
    answer = await put(server, type="s3", config=S3, certificate="PEM")
    assert (answer.status_code, "certificate" in answer.json()["message"]) == (501, True)


async def test_only_the_project_sets_it(server: Localtok) -> None:
    answer = await call(server, "PUT", PATH.replace(KEY, "101"), json={"type": "s3", "config": S3})
    assert answer.status_code == 403
