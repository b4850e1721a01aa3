"""The tools that are compared, mcdemand among them: one file each, defining `PEER`; it says what the tool cannot do.

Programs run in processes of their own, in an environment that has the tool and none of this project.
"""

from __future__ import annotations

import sys
from functools import cache

from benchmarks.peers._peer import Peer


@cache
def peers() -> dict[str, Peer]:
    """Return every peer by name."""
    # Where peers run there is no mcdemand.
    from mcdemand.registry import collect

    return collect(sys.modules[__name__], "PEER", Peer)
