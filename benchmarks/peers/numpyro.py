"""NumPyro: W1 as a model whose plate is compiled by JAX, and its single laws."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.peers._peer import Job, Peer
from benchmarks.peers.jax import CANNOT, DEVICES, configure, use_one_processor


def w1(precision: str) -> Callable[[], Job]:
    """Return the program of W1."""

    def program() -> Job:
        configure(precision, DEVICES)
        from benchmarks.peers import _numpyro_w1

        return _numpyro_w1.prepare()

    return program


def laws() -> Job:
    """Return the program of single laws."""
    use_one_processor()
    configure("float64")
    from benchmarks.peers import _numpyro_w1

    return _numpyro_w1.prepare_laws()


def conditioning() -> Job:
    """Return the program of conditioning."""
    configure("float64", DEVICES)
    from benchmarks.peers import _numpyro_conditioning

    return _numpyro_conditioning.prepare()


PEER = Peer(
    name="numpyro",
    title="NumPyro",
    packages=("numpyro", "jax", "jaxlib", "numpy"),
    programs={
        "w1": {"float64": w1("float64"), "float32": w1("float32")},
        "laws": {"": laws},
        "conditioning": {"": conditioning},
    },
    cannot={**CANNOT, "w2": "has no Sobol' indices"},
    processors=2,
    uses={"laws": 1},
    single=frozenset({"float32"}),
)
