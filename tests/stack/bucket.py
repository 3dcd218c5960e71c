"""S3 client of a stack's bucket, for tests that fill its inbox."""

import boto3
from botocore.config import Config

from content_pipeline.core.settings import Settings
from tests.stack.harness import Stack


class Bucket:
    """S3 client of the stack's bucket."""

    def __init__(self, stack: Stack) -> None:
        found = Settings(home=stack.home)
        self._name = found.s3_bucket
        self._s3 = boto3.client(
            "s3",
            endpoint_url=found.s3_endpoint,
            aws_access_key_id=found.s3_access_key,
            aws_secret_access_key=found.s3_secret_key.get_secret_value(),
            region_name=found.s3_region,
            config=Config(s3={"addressing_style": "path"}),
        )

    def close(self) -> None:
        self._s3.close()

    def put(self, key: str, text: str) -> None:
        self._s3.put_object(Bucket=self._name, Key=key, Body=text.encode())

    def keys(self, prefix: str) -> list[str]:
        page = self._s3.list_objects_v2(Bucket=self._name, Prefix=prefix)
        return [found["Key"] for found in page.get("Contents", [])]

    def text(self, key: str) -> str:
        body: bytes = self._s3.get_object(Bucket=self._name, Key=key)["Body"].read()
        return body.decode()
