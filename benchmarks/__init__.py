"""Timings and the figures that the README quotes; `python -m benchmarks` runs them."""
