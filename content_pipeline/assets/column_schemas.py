"""Column schemas of assets that are tables or files of rows, for the "Columns" of Dagster's pages."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from content_pipeline.core.infrastructure.database import Base


def schema_of(*models: type[Base]) -> Mapping[str, dg.TableSchema]:
    """Metadata with the columns of these tables of the database."""
    return schema_of_files(
        {model.__tablename__: {column.name: column.type for column in model.__table__.columns} for model in models}
    )


def schema_of_files(columns: Mapping[str, Mapping[str, TypeEngine[Any]]]) -> Mapping[str, dg.TableSchema]:
    """Metadata with these columns, by the name of the file or table that has them."""
    return {"dagster/column_schema": dg.TableSchema(columns=list(_columns(columns)))}


def _columns(tables: Mapping[str, Mapping[str, TypeEngine[Any]]]) -> Iterator[dg.TableColumn]:
    for table, columns in tables.items():
        for name, column_type in columns.items():
            shown = column_type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
            # One asset may be several tables, whose columns have the same names.
            yield dg.TableColumn(f"{table}.{name}" if len(tables) > 1 else name, shown.lower())
