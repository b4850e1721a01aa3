"""Worked examples that are read and run, not imported: a notebook and the port of a published estimate."""
