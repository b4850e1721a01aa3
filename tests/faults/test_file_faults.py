"""Rows 19, 21, 24, 25: whatever goes wrong while a file is written, the old one or the new one is there, whole."""

import builtins
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from provoke import OWN_PRIORS, RUN, contents, start

import mcdemand as mc
from mcdemand import files
from mcdemand.files import replace_file, write_patiently

FULL = (28, "No space left on device")
STEPS = ("mkstemp", "close", "write", "fsync", "chmod", "replace")
OUT = (*RUN, "--output", "a.nc", "--plot", "a.svg", "--quiet")
LIMITED = f"""
import os, resource, sys
from mcdemand.cli import main
import mcdemand.files
flush = mcdemand.files.replace_file
def limited(path, write, *, overwrite):
    if str(path).endswith(sys.argv[1]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    return flush(path, write, overwrite=overwrite)
mcdemand.files.replace_file = limited
main({list(OUT)} + ['--overwrite'])
"""


class FailingSystem:
    """Calls of the operating system, of which the k-th fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, k: int, error: BaseException) -> None:
        self.left, self.error, self.calls = k, error, []
        for place, name in ((files.tempfile, "mkstemp"), *((files.os, name) for name in ("close", "fsync", "chmod"))):
            monkeypatch.setattr(place, name, self.guard(name, getattr(place, name)))
        monkeypatch.setattr(files.os, "replace", self.guard("replace", os.replace))

    def guard(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def guarded(*arguments: object, **options: object) -> object:
            self.calls.append(name)
            self.left -= 1
            if self.left == 0:
                raise self.error
            return call(*arguments, **options)

        return guarded


def write_in_pieces(system: FailingSystem) -> Callable[[str], None]:
    def write(path: str) -> None:
        with builtins.open(path, "wb") as file:
            for piece in (b"ne", b"w"):
                system.guard("write", file.write)(piece)

    return write


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("error", [OSError(*FULL), OSError(122, "Disk quota exceeded"), KeyboardInterrupt()], ids=repr)
def test_the_kth_call_fails(tmp_path, monkeypatch, old, error):
    path = tmp_path / "out.bin"
    for k in range(1, 100):
        path.unlink(missing_ok=True)
        if old is not None:
            path.write_bytes(old)
        with monkeypatch.context() as patch:
            system = FailingSystem(patch, k, error)
            try:
                replace_file(path, write_in_pieces(system), overwrite=True)
            except (mc.FileError, KeyboardInterrupt):
                pass
            else:
                break
        found = contents(tmp_path)
        # Where only the flush of the folder failed, the new one is there.
        left = b"new" if "replace" in system.calls[:-1] else old
        assert found == ({} if left is None else {"out.bin": left}), system.calls
    assert path.read_bytes() == b"new"
    assert set(system.calls) >= set(STEPS)
    assert k == len(system.calls) + 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_is_told_at_the_end():
    taken = []
    with pytest.raises(OSError, match="No space left"):
        write_patiently("/dev/full", lambda file: taken.extend([file.write(b"abc"), file.write(b"de")]))
    assert taken == [3, 2]


def test_a_patient_file_writes_all(tmp_path):
    path = tmp_path / "out.bin"
    write_patiently(str(path), lambda file: (file.write(b"abcdef"), file.truncate(4)))
    assert path.read_bytes() == b"abcd"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize("limit", [0, 1_000, 9_000])
@pytest.mark.parametrize("suffix", [".nc", ".svg"])
def test_a_full_disk_while_results_are_written(folder, suffix, limit):
    """A limit on the size of files fails the write itself, in C, as a full disk does."""
    (folder / "a.nc").write_bytes(b"old result")
    (folder / "a.svg").write_bytes(b"old figure")
    before = contents(folder)
    done = start(folder, LIMITED, suffix, str(limit))
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith(f"error: a{suffix}: cannot be written: ")
    assert done.stderr.endswith("nothing was changed\n")
    assert done.stderr.count("\n") == 1
    after = contents(folder)
    if suffix == ".svg":
        assert after.pop("a.nc") != before.pop("a.nc")
    assert after == before


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_a_signal_while_files_are_written(folder, command, monkeypatch, sent, code, step):
    (folder / "a.nc").write_bytes(b"old")
    before = contents(folder)
    real = getattr(os, step)

    def interrupted(*arguments):
        os.kill(os.getpid(), sent)
        return real(*arguments)

    monkeypatch.setattr(files.os, step, interrupted)
    done = command(*OUT, "--overwrite")
    assert (done.code, done.err) == (code, "")
    assert contents(folder) == before
    if sent == signal.SIGINT:
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL, "a second one kills"


def target(folder: Path, kind: str) -> str:
    """Return a place where no result may be written."""
    (folder / "elsewhere.nc").write_bytes(b"mine")
    if kind == "absent parent":
        return "absent/a.nc"
    if kind == "parent is a file":
        return "own.toml/a.nc"
    if kind == "folder":
        (folder / "a.nc").mkdir()
    elif kind == "link":
        (folder / "a.nc").symlink_to(folder / "elsewhere.nc")
    elif kind == "dangling link":
        (folder / "a.nc").symlink_to(folder / "nowhere.nc")
    elif kind == "exists":
        (folder / "a.nc").write_bytes(b"old")
    return "a.nc"


KINDS = ("absent parent", "parent is a file", "folder", "link", "dangling link")


@pytest.mark.parametrize(("kind", "more"), [("exists", ()), *((k, m) for k in KINDS for m in ((), ("--overwrite",)))])
def test_places_that_cannot_be_written(folder, command, kind, more):
    place = target(folder, kind)
    before = contents(folder)
    done = command(*RUN, "--output", place, *more)
    done.assert_mistake(4, place)
    assert contents(folder) == before
    assert not (folder / "nowhere.nc").exists()


@pytest.mark.parametrize("number", [1, 13, 30])
def test_a_folder_that_cannot_be_written(folder, command, monkeypatch, number):
    def refuse(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
    before = contents(folder)
    command(*OUT).assert_mistake(4, "a.nc: cannot be written: ", "nothing was changed")
    assert contents(folder) == before


def test_a_prior_set_that_cannot_be_read(folder, command, monkeypatch):
    assert (folder / "own.toml").is_file()

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    command("priors", "check", "own.toml").assert_mistake(4, "own.toml: cannot be read: Permission denied")


@pytest.mark.parametrize("name", ["../parent", "sub/parent", "file:///parent", "https://example.org/p", "\\\\host\\p"])
def test_extends_stays_in_the_folder(folder, command, name):
    (folder / "sub").mkdir()
    for place in (folder.parent / "parent.toml", folder / "sub" / "parent.toml"):
        place.write_text(OWN_PRIORS)
    (folder / "own.toml").write_text(f"[prior_set]\nextends = '{name}'\n[parameters]\n")
    command(*RUN).assert_mistake(2, "prior_set.extends")


def test_extends_follows_no_link_out_of_the_folder(folder, command, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.toml"
    secret.write_text(OWN_PRIORS + 'secret = "the password"\n')
    (folder / "parent.toml").symlink_to(secret)
    (folder / "own.toml").write_text("[prior_set]\nextends = 'parent'\n[parameters]\n")
    done = command(*RUN)
    done.assert_mistake(2, "prior_set.extends: 'parent'")
    assert "password" not in done.err
