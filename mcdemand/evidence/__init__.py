"""Beliefs meet what was observed: a file each."""
