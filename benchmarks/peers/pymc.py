"""PyMC: W1 of its distributions, compiled by PyTensor for Numba, and its single laws."""

from __future__ import annotations

from benchmarks.peers._peer import Job, Peer


def w1() -> Job:
    """Return the program of W1."""
    from benchmarks.peers import _pymc_w1

    return _pymc_w1.prepare()


def laws() -> Job:
    """Return the program of single laws."""
    from benchmarks.peers import _pymc_w1

    return _pymc_w1.prepare_laws()


def conditioning() -> Job:
    """Return the program of conditioning."""
    from benchmarks.peers import _pymc_conditioning

    return _pymc_conditioning.prepare()


PEER = Peer(
    name="pymc",
    title="PyMC",
    packages=("pymc", "pytensor", "numba", "numpy"),
    programs={"w1": {"": w1}, "laws": {"": laws}, "conditioning": {"": conditioning}},
    cannot={
        "w2": "has no Sobol' indices",
        "streaming": "has no summary of a stream",
        "summaries": "leaves them to ArviZ",
        "exports": "leaves files to ArviZ",
    },
    processors=2,
    uses={"laws": 1},
)
