"""The fake Instagram API accepts the parameters of Meta's own description."""

from typing import Any

import pytest

from sandbox.instagram.api import CONTAINER_PARAMETERS
from tests.sandbox.instagram.meta import unfit, user

# Values of each parameter type; lists with different elements.
VALUES: dict[str, list[Any]] = {
    "string": ["text"],
    "bool": ["true"],
    "int": [1500],
    "list": [["text"], [{"username": "mara.bakes"}]],
    "map": [{"graduation_strategy": "MANUAL"}],
}


@pytest.mark.parametrize("name", CONTAINER_PARAMETERS)
def test_each_parameter_of_a_container_is_one_of_the_description(name: str) -> None:
    request = user().create_media(pending=True)
    assert any(not unfit(request, {name: value}) for value in VALUES[CONTAINER_PARAMETERS[name]])


def test_the_description_tells_a_wrong_name_and_a_wrong_value() -> None:
    request = user().create_media(pending=True)
    assert unfit(request, {"video": "text", "share_to_feed": "maybe", "caption": "text"}) == ["video", "share_to_feed"]
