"""Workload W2 in other tools: a process each, which imports NumPy, SciPy and its tool, and none of this project."""
