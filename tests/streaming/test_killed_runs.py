"""Processes that are killed, asked to end, or meet in one folder; places where no progress can be kept.

Two hundred kills at random moments are `python -m benchmarks kills`.
"""

import os
import signal
import socket
import sys
import time
from contextlib import contextmanager

import pytest

import mcdemand as mc
from benchmarks.checkpoints import assert_same, begin, go_on, small_run, start_python
from benchmarks.kills import kill_often, kill_started
from mcdemand import cli
from mcdemand.errors import FileError
from mcdemand.simulation import open_resumed
from mcdemand.streaming.checkpoint import hold_folder

KILLS = 4
SLOW = """
import sys, time
from mcdemand.cli import main
from mcdemand.streaming.checkpoint import Checkpoint
keep = Checkpoint.keep
def slowly(*arguments):
    keep(*arguments)
    time.sleep(0.5)
Checkpoint.keep = slowly
main(sys.argv[1:])
"""
HOLD = """
import sys, time
from pathlib import Path
from mcdemand.streaming.checkpoint import hold_folder
with hold_folder(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(600)
"""
RUN = ("run", "--outputs", "energy_served", "--years", "2030", "--quiet")
STREAM = (*RUN, "--stream", "--draws", "131072", "--chains", "2", "--design", "random")


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """The command line in this process and in a folder of its own: exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, words)])
        return ended.value.code or 0, capsys.readouterr().err

    yield call
    for number, handler in before.items():
        signal.signal(number, handler)


def files_for(name):
    return ("--output", f"{name}.nc", "--plot", f"{name}.svg")


def assert_mistake(found, code, *said):
    """Check the exit code, and that one line says what is wrong."""
    assert found[0] == code, found
    assert found[1].startswith("error: ")
    assert found[1].count("\n") == 1
    assert all(part in found[1] for part in said), found


@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_random_moments(seed):
    assert kill_often(KILLS, seed, kill_started) >= 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_told_to_end(tmp_path, command, sent, code):
    place = tmp_path / "a folder"
    process = start_python(SLOW, *STREAM, "--checkpoint", str(place), "--output", str(tmp_path / "a.nc"))
    while not (place / "tally.mcd").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(sent)
    _, said = process.communicate()
    assert process.returncode == code
    assert said == f"stopped; go on with: mcdemand run --resume '{place}'\n"
    assert {path.name for path in tmp_path.iterdir()} == {"a folder"}
    assert not [*place.rglob(".*")]
    assert command("run", "--resume", place, "--quiet", *files_for("a")) == (0, "")
    assert command(*STREAM, *files_for("b")) == (0, "")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_a_run_grows_on_the_command_line(tmp_path, command):
    assert command(*STREAM, "--checkpoint", "kept", *files_for("a")) == (0, "")
    assert command("run", "--resume", "kept", "--draws", "524288", "--quiet", *files_for("b")) == (0, "")
    bigger = [word.replace("131072", "524288") for word in STREAM]
    assert command(*bigger, *files_for("c")) == (0, "")
    assert (tmp_path / "b.nc").read_bytes() == (tmp_path / "c.nc").read_bytes()
    assert_mistake(command("run", "--resume", "kept", "--draws", "1000"), 2, "draws: 1000: this run has 524288")
    assert_mistake(command(*STREAM, "--checkpoint", "kept", *files_for("d")), 4, "kept: holds this run with 524288")
    changed = (*STREAM, "--checkpoint", "kept", "--seed", "7")
    assert_mistake(command(*changed, *files_for("d")), 4, "kept: holds another run")


def test_a_plan_changes_nothing(tmp_path, command):
    assert command(*STREAM, "--checkpoint", "kept", *files_for("a"))[0] == 0
    before = (tmp_path / "kept" / "run.mcd").read_bytes()
    assert command("run", "--resume", "kept", "--draws", "524288", "--plan", *files_for("b"))[0] == 0
    assert (tmp_path / "kept" / "run.mcd").read_bytes() == before
    assert not (tmp_path / "b.nc").exists()


@pytest.mark.parametrize("name", ["run.mcd", "tally.mcd"])
def test_a_damaged_file_on_the_command_line(tmp_path, command, name):
    assert command(*STREAM, "--checkpoint", "kept", *files_for("a"))[0] == 0
    path = tmp_path / "kept" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    said = f"kept/{name}: cut short or damaged; "
    assert_mistake(command("run", "--resume", "kept", *files_for("b")), 5, said)
    assert_mistake(command(*STREAM, "--checkpoint", "kept", *files_for("b")), 5, said)
    assert not (tmp_path / "b.nc").exists()


def test_two_processes_in_one_folder(tmp_path, command):
    """The second is told who the first is; once that is gone, however it ended, nobody is in the way."""
    place = tmp_path / "kept"
    expected = mc.stream("consensus", outputs="energy_served", years=2030)
    mc.stream("consensus", outputs="energy_served", years=2030, checkpoint=place)
    process = start_python(HOLD, str(place))
    assert process.stdout.readline() == "ready\n"
    who = f"kept: in use by process {process.pid} on {socket.gethostname()}; wait for it"
    assert_mistake(command("run", "--resume", "kept", *files_for("a")), 4, who)
    assert_mistake(command(*STREAM, "--checkpoint", "kept", *files_for("a")), 4, who)
    process.kill()
    process.communicate()
    assert (place / "lock").read_text() == f"process {process.pid} on {socket.gethostname()}\n"
    assert_same(mc.resume(place), expected)


def test_one_process_in_one_folder_twice(tmp_path):
    with hold_folder(tmp_path / "a"):
        with pytest.raises(FileError, match=f"in use by process {os.getpid()} on "), hold_folder(tmp_path / "a"):
            pass
        (tmp_path / "a" / "lock").write_bytes(b"")
        with pytest.raises(FileError, match="in use by another process; wait"), hold_folder(tmp_path / "a"):
            pass
    with hold_folder(tmp_path / "a"):
        pass


def unusable(place, kind):
    """Make a place where no progress can be kept, and return what is said of it."""
    other = place.with_name("other")
    other.mkdir()
    if kind == "a file":
        place.write_bytes(b"mine")
        return "cannot be made: File exists"
    if kind == "absent parent":
        return "cannot be made: No such file or directory"
    if kind in ("a link", "a dangling link"):
        place.symlink_to(other if kind == "a link" else other / "nowhere")
        return "is a link; name the folder that it should be"
    place.mkdir()
    name = ".git" if kind == "hidden things" else "letter.txt" if kind == "something else" else "lock"
    if kind == "a lock that is a link":
        (other / "mine").write_bytes(b"mine")
        (place / "lock").symlink_to(other / "mine")
        return "lock: cannot be written"
    if kind == "a lock that is a folder":
        (place / "lock").mkdir()
        return "lock: cannot be written"
    if kind == "a sieve that is a file":
        (place / "sieve").write_bytes(b"mine")
        return "sieve: cannot be made: File exists"
    (place / name).mkdir()
    return f"holds {name}, so something else; name another folder"


KINDS = ["a file", "absent parent", "a link", "a dangling link", "something else", "hidden things"]
PARTS = ["a lock that is a link", "a lock that is a folder", "a sieve that is a file"]


def names(folder):
    return {path.relative_to(folder): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize("kind", [*KINDS, *PARTS])
def test_places_where_no_progress_can_be_kept(tmp_path, command, kind):
    place = tmp_path / "absent" / "kept" if kind == "absent parent" else tmp_path / "kept"
    said = unusable(tmp_path / "kept", kind)
    before = names(tmp_path)
    assert_mistake(command(*STREAM, "--checkpoint", place, *files_for("a")), 4, "kept", said)
    after = names(tmp_path)
    # Whoever looked at the sieve held the lock.
    assert {path: after[path] for path in before} == before
    assert {path.name for path in after.keys() - before.keys()} <= ({"lock"} if kind in PARTS else set())
    code, words = command("run", "--resume", place, *files_for("a"))
    assert (code, words.count("\n")) == (4, 1)


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch, command):
    """As root may write everywhere, the system is told to refuse."""
    real = os.open

    def refuse(path, flags, *arguments, **options):
        if flags & os.O_CREAT and str(path).startswith(str(tmp_path / "kept")):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    found = command(*STREAM, "--checkpoint", tmp_path / "kept", *files_for("a"))
    assert_mistake(found, 4, "kept/lock: cannot be written: Permission denied; name another folder")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="whoever may write everywhere")
def test_a_folder_without_the_right_to_write(tmp_path, command):
    (tmp_path / "kept").mkdir(mode=0o500)
    assert_mistake(command(*STREAM, "--checkpoint", tmp_path / "kept"), 4, "cannot be written: Permission denied")


def test_a_folder_of_an_own_model(tmp_path):
    """The message of how to go on names what the folder does not hold."""
    begin(small_run(20_000), tmp_path / "a")
    with pytest.raises(mc.InputError, match="model"), open_resumed(tmp_path / "a"):
        pass
    assert int(go_on(tmp_path / "a").attrs["draws"]) == 20_000


@contextmanager
def no_locks(monkeypatch):
    """A system without locks of this kind."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "fcntl", None)
        yield


def test_a_system_without_locks(tmp_path, monkeypatch):
    run = small_run(20_000)
    with no_locks(monkeypatch):
        assert_same(begin(run, tmp_path / "a"), begin(run, None))
        assert_same(go_on(tmp_path / "a"), begin(run, None))
