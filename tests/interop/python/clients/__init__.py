"""The official Python clients, one module per generation, each behind `harness.Api`."""

import importlib

from harness import GENERATION

CLIENT = importlib.import_module(f"clients.v{GENERATION.replace('.', '_')}")
