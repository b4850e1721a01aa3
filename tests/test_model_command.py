from pathlib import Path

import pytest

from mcdemand import cli

MODEL = "def users(t, growth):\n    return growth * t\n\n\ndef demand(users, price):\n    return users * price\n"


def call(*words: str) -> int:
    return cli._call(list(words), debug=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(MODEL)
    return tmp_path


def test_the_shipped_model_is_listed_and_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [call("model", "--output", "mix,context"), call("model", "--output", "mix")] == [0, 0]
    out = capsys.readouterr().out
    assert out.startswith("ai_compute: 8 quantities")
    assert out.endswith("Written: ai_compute.png\n")
    assert (folder / "ai_compute.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_that_the_user_names_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["model", "--model", "own.py", "-o", "a.svg"]
    assert call(*words) == 0
    assert "demand*: demand" in capsys.readouterr().out
    first = (folder / "a.svg").read_bytes()
    assert call(*words) == 4
    assert "exists; pass --overwrite" in capsys.readouterr().err
    assert (folder / "a.svg").read_bytes() == first
    assert call(*words, "--overwrite") == 0
    assert not (folder / "own.png").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--output", "mixx"], 2, "outputs: 'mixx': unknown; did you mean 'mix'?"),
        (["--plot", "a.gif"], 2, "a figure ends in"),
        (["--plot", "nowhere/a.png"], 4, "there is no folder nowhere"),
        (["--model", "nothing.py"], 4, "no such file"),
    ],
)
def test_mistakes_are_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert call("model", *words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert [file.name for file in folder.iterdir()] == ["own.py"]
