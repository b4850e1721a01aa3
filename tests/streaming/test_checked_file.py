"""A checked file gives back what was written, or says that it is not what was written."""

import hashlib
import json

import numpy as np
import pytest

from mcdemand.errors import FileError, IntegrityError
from mcdemand.streaming.checked_file import MAGIC, read_checked, write_checked

ABOUT = {"name": "x", "spans": [[0, 8192, 8192]], "share": 0.1}
ARRAYS = {
    "values": np.array([[1.5, -0.0, 5e-324], [np.inf, np.nan, 0.1]]),
    "counts": np.arange(-3, 3, dtype=np.int64),
    "slots": np.array([2**31 - 1, -1], dtype=np.int32),
    "none": np.empty((0, 4, 2)),
    "row": np.array(7, dtype=np.int64),
}
REMEDY = "do this"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.mcd"
    write_checked(path, ABOUT, ARRAYS)
    return path


def forge(path, heading, numbers=b""):
    """Write a file whose digest is right and whose content is not."""
    body = MAGIC + heading + b"\n" + numbers
    path.write_bytes(body + hashlib.sha256(body).digest())


def assert_refused(path):
    with pytest.raises(IntegrityError, match=f"{path.name}: .*; {REMEDY}$") as error:
        read_checked(path, REMEDY)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 5


def test_what_was_written(path):
    about, arrays = read_checked(path, REMEDY)
    assert about == ABOUT
    assert [*arrays] == [*ARRAYS]
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (ARRAYS[name].dtype, ARRAYS[name].shape)
        assert array.tobytes() == ARRAYS[name].tobytes()
        assert array.flags.writeable


def test_the_layout(path):
    """A line that says what it is, a line of JSON, numbers, and the digest of all that."""
    content = path.read_bytes()
    heading = content[len(MAGIC) :].split(b"\n", 1)[0]
    assert json.loads(heading)["about"] == ABOUT
    assert content[-32:] == hashlib.sha256(content[:-32]).digest()
    assert len(content) == len(MAGIC) + len(heading) + 1 + 6 * 8 + 6 * 8 + 2 * 4 + 8 + 32


def test_numbers_of_other_machines_and_arrays_with_holes(tmp_path):
    numbers = np.arange(12.0).reshape(3, 4)
    write_checked(tmp_path / "a", {}, {"big": numbers.astype(">f8"), "holes": numbers[::2, ::-1]})
    _, arrays = read_checked(tmp_path / "a", REMEDY)
    np.testing.assert_array_equal(arrays["big"], numbers)
    np.testing.assert_array_equal(arrays["holes"], numbers[::2, ::-1])


def test_every_bit(path):
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert_refused(path)


def test_every_length(path):
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        assert_refused(path)
    for more in (b"\0", content, content[-32:]):
        path.write_bytes(content + more)
        assert_refused(path)


HEADINGS = {
    "no JSON": b"no",
    "a list": b"[]",
    "nothing": b"{}",
    "arrays of no list": b'{"about": {}, "arrays": 1}',
    "a kind of another": b'{"about": {}, "arrays": [["a", "|O", [1]]]}',
    "a negative size": b'{"about": {}, "arrays": [["a", "<f8", [-1]]]}',
    "a size of no number": b'{"about": {}, "arrays": [["a", "<f8", ["1"]]]}',
    "a broken size": b'{"about": {}, "arrays": [["a", "<f8", [0.5]]]}',
    "a huge size": b'{"about": {}, "arrays": [["a", "<f8", [1e400]]]}',
    "a large size": b'{"about": {}, "arrays": [["a", "<f8", [1000000000000000000000000000000]]]}',
    "many sizes": b'{"about": {}, "arrays": [["a", "<f8", [0' + b", 1" * 100 + b"]]]}",
    "more than there is": b'{"about": {}, "arrays": [["a", "<f8", [2]]]}',
    "less than there is": b'{"about": {}, "arrays": []}',
    "about of no table": b'{"about": 3, "arrays": [["a", "<f8", [1]]]}',
    "no text": b"\xff\xfe",
    "deep": b'{"about": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", HEADINGS)
def test_a_heading_that_states_nothing(tmp_path, name):
    forge(tmp_path / "a.mcd", HEADINGS[name], bytes(8))
    assert_refused(tmp_path / "a.mcd")


def test_no_file(tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("absent", "folder"):
        with pytest.raises(FileError, match=f"{name}: is no file, or not there; {REMEDY}"):
            read_checked(tmp_path / name, REMEDY)


def test_a_pipe_is_not_waited_for(tmp_path):
    os = pytest.importorskip("os")
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes")
    os.mkfifo(tmp_path / "a")
    with pytest.raises(FileError, match="is no file"):
        read_checked(tmp_path / "a", REMEDY)


def test_a_file_that_cannot_be_read(path, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(FileError, match=r"a.mcd: cannot be read: Permission denied"):
        read_checked(path, REMEDY)


def test_a_file_that_is_too_large(path, monkeypatch):
    monkeypatch.setattr("mcdemand.streaming.checked_file.MAX_BYTES", 10)
    with pytest.raises(IntegrityError, match=r"a.mcd: larger than 10 bytes"):
        read_checked(path, REMEDY)


def test_what_json_cannot_say_is_not_written(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_checked(path, {"a": float("nan")}, {})
    assert path.read_bytes() == before
