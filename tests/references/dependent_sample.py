"""A small sample of parameters and outputs that two peers were given."""

import numpy as np


def dependent_sample(draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x (parameter, draw): uniform, normal of three widths, and one without influence; y (row, draw)."""
    uniforms = np.random.default_rng(20260612).random((6, draws))
    u, *others, whole = uniforms
    a, b, c, d = (np.sqrt(12) * scale * (row - 0.5) for row, scale in zip(others, (1.0, 5.0, 0.01, 1.0), strict=True))
    first = np.sin(6 * u) + 0.3 * a + 0.01 * b * b
    second = np.floor(3 * whole) + u * a + 20 * c
    return np.stack([u, a, b, c, d]), np.stack([first, second])
