"""Where the shipped prior sets lie: a checkout, an editable install, a wheel or a zip."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def priors_folder() -> Traversable:
    """Return the folder of the shipped prior sets and observations.

    Raises
    ------
    FileNotFoundError
        If the installation lacks it.
    """
    package = files("mcdemand")
    checkout = getattr(package, "parent", None)
    for folder in (checkout / "priors" if checkout is not None else None, package / "priors"):
        if folder is not None and (folder / "consensus.toml").is_file():
            return folder
    raise FileNotFoundError("the shipped prior sets are missing: reinstall mcdemand")


def shipped_names() -> list[str]:
    """Return the names of the shipped prior sets."""
    return sorted(file.name.removesuffix(".toml") for file in priors_folder().iterdir() if file.name.endswith(".toml"))
