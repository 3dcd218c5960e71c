"""The product in plain Python: no Dagster, no FastAPI. pyproject.toml has the order in which its packages import.

What a subject needs is in the package of its name, from `workspaces` to `analytics`. Below them are `infrastructure`,
`models`, `media`, `platforms`, `speech` and `writing`; above them `operations`, which acts on all.
"""
