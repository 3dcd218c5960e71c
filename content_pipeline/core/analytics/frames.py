"""Moves rows between PostgreSQL and data frames by COPY."""

import io

import pandas as pd
from sqlalchemy import SelectBase
from sqlalchemy.orm import Session

from content_pipeline.core.analytics.figure_columns import COUNTS, METRICS
from content_pipeline.core.analytics.postgres_copy import copied
from content_pipeline.core.infrastructure.database import Base, driver_cursor


def read(session: Session, rows: SelectBase) -> pd.DataFrame:
    """The rows of a query. Metrics are floats, with NaN where they are null; `day` is a date, `…_at` an aware time, an
    id its text."""
    csv = io.BytesIO()
    with copied(session, rows, "format csv, header") as copy:
        csv.writelines(copy)
    csv.seek(0)
    found = pd.read_csv(csv)
    for name in found:
        if name.endswith("_id"):  # a column without any value is read as floats, which no texts can be joined to
            found[name] = found[name].astype("str")
        if name.endswith("_at"):
            found[name] = pd.to_datetime(found[name], utc=True, format="ISO8601")
    if "day" in found:
        found["day"] = pd.to_datetime(found["day"], format="ISO8601").dt.date
    if "estimated" in found:
        found["estimated"] = found["estimated"].eq("t")
    return found.astype({name: float for name in found if name in METRICS})


def append(session: Session, table: type[Base], rows: pd.DataFrame) -> None:
    """Insert the rows into a table; columns that they lack become null."""
    names = [column.name for column in table.__table__.columns]
    csv = rows.reindex(columns=names).astype(dict.fromkeys(COUNTS, "Int64")).to_csv(index=False, header=False)
    into = f"copy {table.__tablename__} ({', '.join(names)}) from stdin (format csv)"
    with driver_cursor(session) as opened, opened.copy(into) as copy:
        copy.write(csv)
