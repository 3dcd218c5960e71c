"""Reads the figures of posts from the Parquet files in the bucket: `python -m examples.dataset`.

The bucket is that of the settings; of an embedded stack they are in .content-pipeline/stack.env.
"""

import duckdb
from pyarrow import dataset, fs

from content_pipeline.core.settings import settings

store = fs.S3FileSystem(
    access_key=settings().s3_access_key,
    secret_key=settings().s3_secret_key.get_secret_value(),
    region=settings().s3_region,
    endpoint_override=settings().s3_endpoint or None,
)
daily_posts = dataset.dataset(
    f"{settings().s3_bucket}/datasets/metrics/daily_posts", filesystem=store, partitioning="hive"
)
print(
    duckdb.sql("select platform, caption_style, sum(views) as views from daily_posts group by all order by views desc")
)
