"""Scalars and flat arrays in and out: numba, NumPy and the standard library, nothing else."""
