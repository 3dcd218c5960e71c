"""Path of a request below the root path of the application, as the router matches it."""

from starlette.types import Scope


def route_path(scope: Scope) -> str:
    """The path behind the root path, which `uvicorn --root-path` puts before all."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path
