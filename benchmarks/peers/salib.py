"""SALib: designs and estimators of sensitivity indices."""

from __future__ import annotations

from benchmarks.peers import _salib_w2
from benchmarks.peers._peer import Peer

NO_DRAWS = "has designs for sensitivity, no draws of its own"

PEER = Peer(
    name="salib",
    title="SALib",
    packages=("SALib", "numpy", "scipy"),
    programs={"w2": _salib_w2.PROGRAMS},
    cannot={
        "w1": NO_DRAWS,
        "streaming": NO_DRAWS,
        "laws": "uniform, normal, triangular and log-normal designs only, none of them random draws",
        "summaries": "no summaries of draws",
        "exports": "no files",
        "conditioning": "has no observations",
        "consensus": "the shipped model is not written in it",
    },
)
