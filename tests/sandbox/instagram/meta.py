"""Meta's machine-readable description of the Graph API: parameter and field types in its client library."""

from collections.abc import Mapping
from typing import Any

from facebook_business.adobjects.abstractobject import AbstractObject
from facebook_business.adobjects.iguser import IGUser
from facebook_business.api import FacebookRequest
from facebook_business.typechecker import TypeChecker


def unfit(request: FacebookRequest, sent: Mapping[str, Any]) -> list[str]:
    """The names in `sent` that the request does not accept, or not with that value."""
    # The public add_param() reports wrong values, but not unknown names.
    types: TypeChecker = request._param_checker
    return [name for name, value in sent.items() if not (types.is_valid_key(name) and types.is_valid_pair(name, value))]


def user() -> IGUser:
    """A user whose methods build requests; with `pending=True` they are not sent."""
    return IGUser("17841400000000001")


def fields_of(kind: type[AbstractObject]) -> set[str]:
    return {value for name, value in vars(kind.Field).items() if not name.startswith("_")}
