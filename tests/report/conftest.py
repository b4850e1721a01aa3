import numpy as np
import pytest


@pytest.fixture
def wide() -> np.ndarray:
    """Lognormal draws (4, 100, 3) that span more than a factor of 30."""
    return np.exp(np.random.default_rng(1).normal(5, 1.5, (4, 100, 3)))


@pytest.fixture
def narrow() -> np.ndarray:
    """Normal draws (4, 100, 3) around 100."""
    return np.random.default_rng(2).normal(100, 5, (4, 100, 3))
