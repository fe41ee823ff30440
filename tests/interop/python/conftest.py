"""Connects the client that the suite drives."""

import pytest

import harness
from clients import CLIENT


# A client with several modes runs every test in each of them.
@pytest.fixture(scope="session", params=getattr(CLIENT, "MODES", None))
def api(request: pytest.FixtureRequest) -> harness.Api:
    return CLIENT.connect(getattr(request, "param", harness.MODE))


@pytest.fixture
def demo_runner() -> str:
    return harness.runner_id("demo")
