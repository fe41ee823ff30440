"""The official Python clients and the independent stacks, one module each, behind `harness.Api`."""

import importlib

from harness import GENERATION

CLIENT = importlib.import_module(
    f"clients.v{GENERATION.replace('.', '_')}"
    if GENERATION[0].isdigit()
    else f"clients.{GENERATION}"
)
