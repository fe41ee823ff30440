"""Connects the official client that the suite drives."""

import pytest

import harness
from clients import CLIENT


@pytest.fixture(scope="session")
def api() -> harness.Api:
    return CLIENT.connect(harness.MODE)


@pytest.fixture
def demo_runner() -> str:
    return harness.runner_id("demo")
