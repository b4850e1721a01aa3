"""A model of one's own: a Python file whose public functions are the quantities."""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import mcdemand.math
import mcdemand.units
from mcdemand.errors import FileError, InputError
from mcdemand.model import Model, load_model, public_functions
from mcdemand.prior_pool import PriorPool
from mcdemand.prior_set import PriorSet, explain_no_model
from mcdemand.registry import nearest

MODULE_NAME = "mcdemand_own_model"


def choose_model(priors: PriorSet | PriorPool, file: Path | None) -> Model:
    """Return the model of a file, or the one that the prior set names.

    Raises
    ------
    InputError
        If neither is there.
    """
    if file is None and priors.model is None:
        raise InputError(explain_no_model(priors.sets[0] if isinstance(priors, PriorPool) else priors))
    return load_model(priors.model if file is None else read_model(file))


def read_model(file: Path) -> Model:
    """Return the model made of a file's public functions; the file is run.

    `DEFAULT_OUTPUTS` (names) and `BASE_YEAR` may stand in the file as they do in `mcdemand.drivers`.

    Raises
    ------
    FileError
        If there is no such file.
    InputError
        If running it fails, or it has no public function.
    """
    if not file.is_file():
        raise FileError(f"--model: {file}: no such file")
    module = _run_file(file)
    functions = public_functions(module)
    if not functions:
        raise InputError(
            f"--model: {file}: has no public function; write one for each quantity, with def and without a decorator"
        )
    outputs, base_year = getattr(module, "DEFAULT_OUTPUTS", None), getattr(module, "BASE_YEAR", None)
    return Model.from_functions(functions, name=file.stem, default_outputs=outputs, base_year=base_year)


def read_model_text(text: str, name: str) -> Model:
    """Return the model of a name that is made of the text of a file; the text is run.

    Raises
    ------
    InputError
        As `read_model`.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.py"
        file.write_text(text, encoding="utf-8")
        return replace(read_model(file), name=name)


def _run_file(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE_NAME, file)
    if spec is None or spec.loader is None:
        raise InputError(f"--model: {file}: must be a Python file ending in .py")
    module = importlib.util.module_from_spec(spec)
    # Annotations given as text are looked up through the table of modules.
    sys.modules[MODULE_NAME] = module
    writes_nothing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except SystemExit as error:
        raise InputError(f"--model: {file}, line {_line(error, file)}: ends the program; take that line out") from error
    except Exception as error:
        raise InputError(f"--model: {file}, line {_line(error, file)}: {_words(error)}") from error
    finally:
        sys.dont_write_bytecode = writes_nothing
    return module


def _words(error: Exception) -> str:
    """Return Python's own words on an error, its guess at what was meant among them, without paths of this machine."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}; correct the line, or the one before: {(error.text or '').strip()}"
    words = list(traceback.TracebackException.from_exception(error).format_exception_only())[-1].strip()
    return f"{re.sub(r' [(](/|[A-Z]:).*[)]', '', words)}{_remedy(error)}"


def _remedy(error: Exception) -> str:
    """Return what to do where Python's own words do not say it."""
    if isinstance(error, ModuleNotFoundError):
        return "; install it beside mcdemand, or do without it"
    if isinstance(error, ImportError) and error.name_from and error.name in sys.modules:
        public = (name for name in dir(sys.modules[error.name]) if not name.startswith("_"))
        return f"; {nearest(error.name_from, public)}"
    if isinstance(error, NameError):
        homes = [home.__name__ for home in (mcdemand.math, mcdemand.units) if hasattr(home, str(error.name))]
        return f"; write `from {homes[0]} import {error.name}` above" if homes else "; define or import it above"
    return ""


def _line(error: BaseException, file: Path) -> int | str:
    """Return the line of the file at which an error arose."""
    if isinstance(error, SyntaxError):
        return error.lineno or "?"
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file.absolute())
    ]
    return lines[-1] if lines and lines[-1] else "?"
