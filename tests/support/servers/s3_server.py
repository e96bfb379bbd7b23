"""An S3 server of this process (moto), and recordings kept in a bucket of it."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from dualarchive.addons import recordings_storage

KEY, SECRET, REGION = "key", "secret", "eu-west-1"


class S3:
    def __init__(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        self.url = "http://{}:{}".format(*self._server.get_host_and_port())

    def close(self) -> None:
        self._server.stop()

    def bucket(self, name: str) -> Any:
        """A new, empty one, as boto3 knows it."""
        found = boto3.resource(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        ).Bucket(name)
        found.create(CreateBucketConfiguration={"LocationConstraint": REGION})
        return found

    def storage(self, bucket: str) -> dict[str, Any]:
        """The entry of STORAGES for it, as the settings make it."""
        return recordings_storage(
            folder="", bucket=bucket, region=REGION, endpoint=self.url, key=KEY, secret=SECRET
        )
