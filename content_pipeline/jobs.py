"""One job per kind of task: it works on the row whose id is the partition key, and needs no run config."""

import dagster as dg

from content_pipeline.core.tasks import dagster_client

captions = dg.define_asset_job(
    dagster_client.JOBS["caption"],
    selection=["transcript", "captions"],
    description="Transcribe a recording and make captions of its words.",
)
burn_ins = dg.define_asset_job(
    dagster_client.JOBS["burn_in"],
    selection=["burned_in_video"],
    description="Draw captions into a video.",
)
reels = dg.define_asset_job(
    dagster_client.JOBS["reel"],
    selection=["narration", "reel_video"],
    description="Speak a script and make a video of it.",
)
publications = dg.define_asset_job(
    dagster_client.JOBS["publication"],
    selection=["publication_upload", "publication"],
    description="Bring a post to its platform, once.",
)

JOBS = [captions, burn_ins, reels, publications]
