"""A folder to work in, and the command line in this process."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from provoke import OWN_MODEL, OWN_PRIORS, Done

from mcdemand import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with `own.py` and `own.toml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN_MODEL)
    (tmp_path / "own.toml").write_text(OWN_PRIORS)
    return tmp_path


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Done]]:
    """The command line in this process; signals are as before afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*words: str) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    yield call
    for number, handler in before.items():
        signal.signal(number, handler)
