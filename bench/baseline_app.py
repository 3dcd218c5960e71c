"""FastAPI app with a single SELECT per request, the baseline of polling.py: `uvicorn bench.baseline_app:app`."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy import create_engine, text

from content_pipeline.core.settings import settings

app = FastAPI()
engine = create_engine(settings().database_url.get_secret_value(), isolation_level="AUTOCOMMIT", pool_size=10)
query = text("select id, kind, state, progress, created_at, started_at, finished_at from tasks where id = :id")


@app.get("/tasks/{task_id}")
def read(task_id: str) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(query, {"id": task_id}).mappings().one())
