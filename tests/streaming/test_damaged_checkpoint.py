"""A checkpoint that is not, to the last bit, what was kept for this run: refused by name, or computed again."""

import dataclasses
import shutil

import pytest

import mcdemand.result
import mcdemand.run_statement
from benchmarks.checkpoints import assert_same, begin, go_on, plan_leaves, small_question, small_run
from benchmarks.faulty_disk import three_passes
from mcdemand.errors import FileError, InputError, IntegrityError
from mcdemand.model import Model
from mcdemand.simulation import open_resumed, run_stream
from mcdemand.streaming.checked_file import write_checked

FILES = ("run.mcd", "tally.mcd", "divide.mcd", "first piece", "last piece")
OTHERS = {
    "seed": {"seed": 2},
    "design": {"design": "sobol", "draws": 32_768},
    "chains": {"chains": 3},
    "fewer draws": {"draws": 20_000},
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Folders of runs in three passes by name, `own` the one that is broken, and what it comes to."""
    place = tmp_path_factory.mktemp("kept")
    with three_passes():
        for name, change in {"own": {}, **OTHERS}.items():
            begin(small_run(**{"draws": 40_000, **change}), place / name)
        yield place, begin(small_run(40_000), None)


@pytest.fixture
def folder(tmp_path, kept):
    shutil.copytree(kept[0] / "own", tmp_path / "a")
    return tmp_path / "a"


def file_of(folder, name):
    if name.endswith("piece"):
        return sorted((folder / "sieve").iterdir())[-1 if name.startswith("last") else 0]
    return folder / name


def refused(folder, path):
    """Return what an attempt to go on says; nothing may be computed from what is damaged."""
    with pytest.raises(IntegrityError) as error:
        go_on(folder)
    said = str(error.value)
    assert error.value.exit_code == 5
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said


def places_of(size, count=12):
    """Return places all over a file, those of its first and last bytes and of its digest among them."""
    return sorted({0, 20, 24, 30, size - 33, size - 32, size - 1, *(size * k // count for k in range(count))})


@pytest.mark.parametrize("name", FILES)
def test_a_bit_that_flipped(folder, name):
    path = file_of(folder, name)
    content = path.read_bytes()
    for place in places_of(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert "damaged" in refused(folder, path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut(folder, name):
    path = file_of(folder, name)
    content = path.read_bytes()
    for size in (0, 1, 24, 33, len(content) // 2, len(content) - 32, len(content) - 1):
        path.write_bytes(content[:size])
        assert "cut short" in refused(folder, path)
    path.write_bytes(content + b"\0")
    refused(folder, path)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_that_is_removed_as_the_message_says(folder, kept, name):
    path = file_of(folder, name)
    path.write_bytes(b"")
    said = refused(folder, path)
    path.unlink()
    if name == "run.mcd":
        assert said.endswith("begin anew in another folder")
        assert "is missing" in refused(folder, path)
    else:
        assert said.endswith("remove it, and what it held is computed again")
        assert_same(go_on(folder), kept[1])


def test_the_pieces_are_gone(folder, kept):
    shutil.rmtree(folder / "sieve")
    assert_same(go_on(folder), kept[1])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("other", OTHERS)
def test_a_file_of_another_run(folder, kept, other, name):
    path = file_of(folder, name)
    path.unlink()
    foreign = file_of(kept[0] / other, name)
    shutil.copy(foreign, path.with_name(foreign.name))
    if other == "fewer draws" and name != "run.mcd":
        # What this run grew from: of use, or of none.
        assert_same(go_on(folder), kept[1])
        return
    with pytest.raises(IntegrityError) as error:
        go_on(folder)
    # A foreign run is itself sound: the first of the other files that is read does not belong to it.
    blamed = folder / "tally.mcd" if name == "run.mcd" else path.with_name(foreign.name)
    why = "holds draws beyond the 10000 of a chain" if other == "fewer draws" else "belongs to another run"
    assert str(error.value).startswith(f"{blamed}: {why}")


def test_a_file_of_the_same_run_with_fewer_draws_is_of_use(folder, kept):
    """As it is what this run grew from."""
    for name in ("tally.mcd", "divide.mcd"):
        shutil.copy(kept[0] / "fewer draws" / name, folder / name)
    shutil.rmtree(folder / "sieve")
    shutil.copytree(kept[0] / "fewer draws" / "sieve", folder / "sieve")
    assert_same(go_on(folder), kept[1])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("source", FILES)
def test_files_of_a_folder_that_changed_places(folder, name, source):
    if name == source:
        return
    path = file_of(folder, name)
    shutil.copy(file_of(folder, source), path)
    refused(folder, path)


def test_a_piece_that_is_there_twice(folder):
    copy = folder / "sieve" / "copy.mcd"
    shutil.copy(file_of(folder, "first piece"), copy)
    assert "belongs to another run, or elsewhere" in refused(folder, copy)


def test_pieces_that_overlap(tmp_path):
    """A piece that was put back after its draws had been computed again with their neighbours."""
    run, folder = small_run(40_000, chains=1), tmp_path / "a"
    begin(run, folder)
    first, second = sorted((folder / "sieve").iterdir())[:2]
    old = second.read_bytes()
    for path in (first, second):
        path.unlink()
    go_on(folder, leaves=2)
    assert not second.exists()
    second.write_bytes(old)
    assert "holds draws that another file holds too" in refused(folder, second)


@pytest.mark.parametrize("change", ["exact", "thresholds"])
def test_files_of_another_question(tmp_path, folder, change):
    run = small_run(40_000)
    other = {"exact": False} if change == "exact" else {"thresholds": {"demand": (1.0, 3.5)}}
    question = dataclasses.replace(small_question(run), **other)
    run_stream(run, question, plan_leaves(run), checkpoint=tmp_path / "b")
    shutil.copy(tmp_path / "b" / "tally.mcd", folder / "tally.mcd")
    assert "belongs to another run" in refused(folder, folder / "tally.mcd")


def demand(x1, x2):
    """Demand of things."""
    return x1 / (x2 + 0.001)


def test_a_model_that_was_changed(folder):
    changed = Model.from_functions([demand])
    with (
        pytest.raises(IntegrityError, match=r"a: model_sha256: .* when it was begun, .* now; go on with the version"),
        open_resumed(folder, model=changed),
    ):
        pass


def test_a_model_that_is_not_passed(folder):
    with pytest.raises(InputError, match="model"), open_resumed(folder):
        pass


@pytest.mark.parametrize(
    ("module", "name", "key"),
    [
        (mcdemand.result, "_version", "source"),
        (mcdemand.result, "CONTRACT_ID", "contract"),
        (mcdemand.run_statement, "source_digest", "sources_sha256"),
    ],
)
def test_another_version(folder, monkeypatch, module, name, key):
    other = "another" if name.isupper() else lambda: "another"
    monkeypatch.setattr(module, name, other)
    with pytest.raises(IntegrityError, match=rf"a: {key}: .*; go on with the version") as error:
        go_on(folder)
    assert "\n" not in str(error.value)
    with pytest.raises(FileError, match="holds another run"):
        begin(small_run(40_000), folder)


@pytest.mark.parametrize(
    "about", [{}, {"run": 1}, {"run": {}, "question": {}}, {"run": {}, "question": {}, "keeping": 3}]
)
def test_a_run_that_states_nothing(folder, about):
    write_checked(folder / "run.mcd", {**about, "file": "run.mcd"}, {})
    with pytest.raises(IntegrityError) as error:
        go_on(folder)
    assert str(error.value).startswith(f"{folder}")
    with pytest.raises((IntegrityError, FileError)):
        begin(small_run(40_000), folder)
