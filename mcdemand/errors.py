"""The errors that a person sees: one line each, with the exit code of the command line."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LISTED = 50


class McdemandError(Exception):
    """Base of every error raised on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class InputError(McdemandError, ValueError):
    """Something the user wrote is wrong: exit code 2."""

    exit_code = 2


class NumericalError(McdemandError, ArithmeticError):
    """A computed number is not valid: exit code 3."""

    exit_code = 3


class FileError(McdemandError, OSError):
    """A file could not be read or written: exit code 4."""

    exit_code = 4


class ResourceError(McdemandError, MemoryError):
    """The memory that is free, or that this process may use, does not suffice: exit code 4."""

    exit_code = 4


class ClusterError(McdemandError):
    """Machines that compute together do not, or cannot: exit code 4."""

    exit_code = 4


class IntegrityError(McdemandError):
    """A file is not what it claims to be: exit code 5."""

    exit_code = 5


class PriorSetError(InputError):
    """All that is wrong with a prior set, a line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - MAX_LISTED
        rest = [f"and {more} more problems"] if more > 0 else []
        super().__init__("\n".join([*self.problems[:MAX_LISTED], *rest]))
