"""JAX on a processor: W1 and W2 compiled, and its generators of single laws."""

from __future__ import annotations

import os
from collections.abc import Callable

from benchmarks.peers._peer import Job, Peer

DEVICES = 2
CANNOT = {
    "streaming": "has no summary of a stream",
    "summaries": "has no shortest interval",
    "exports": "writes no files of draws",
}


def configure(precision: str, devices: int = 1) -> None:
    """Import JAX, for so many devices of a processor each; keep all that it compiles, if a folder is named."""
    # XLA prefers half of what the processor has.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_prefer_vector_width=512")
    import jax

    jax.config.update("jax_enable_x64", precision == "float64")
    jax.config.update("jax_num_cpu_devices", devices)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def use_one_processor() -> None:
    """Keep all threads on one processor, which is simpler than to tell XLA."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])


def w1(precision: str, *, tuned: bool) -> Callable[[], Job]:
    """Return the program of W1."""

    def program() -> Job:
        configure(precision, DEVICES if tuned else 1)
        from benchmarks.peers import _jax_w1

        return (_jax_w1.prepare if tuned else _jax_w1.prepare_stated)(precision)

    return program


def w2(precision: str, *, all_years: bool = False) -> Callable[[], Job]:
    """Return the program of W2."""

    def program() -> Job:
        configure(precision)
        from benchmarks.peers import _jax_w2

        return _jax_w2.prepare(precision, all_years=all_years)

    return program


def laws() -> Job:
    """Return the program of single laws."""
    use_one_processor()
    configure("float64")
    from benchmarks.peers import _jax_laws

    return _jax_laws.prepare()


PEER = Peer(
    name="jax",
    title="JAX",
    packages=("jax", "jaxlib", "numpy"),
    programs={
        "w1": {
            "as stated, float64": w1("float64", tuned=False),
            "as stated, float32": w1("float32", tuned=False),
            "hand-tuned, float64": w1("float64", tuned=True),
            "hand-tuned, float32": w1("float32", tuned=True),
        },
        "w2": {
            "float64": w2("float64"),
            "float32": w2("float32"),
            "float64, eleven years": w2("float64", all_years=True),
        },
        "laws": {"": laws},
    },
    cannot={**CANNOT, "conditioning": "leaves it to NumPyro, or weights to a program such as NumPy's"},
    processors=2,
    uses={"laws": 1},
    single=frozenset({"float32", "as stated, float32", "hand-tuned, float32"}),
)
