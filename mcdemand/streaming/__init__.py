"""Runs that keep no draws: passes over all of them, cut into spans that threads or a cluster work on in any order."""
