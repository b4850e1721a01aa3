"""`python -m mcdemand` is the command line."""

from __future__ import annotations

from mcdemand.cli import start

start()
