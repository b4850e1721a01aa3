"""Row 30: text from strangers is shown literally and commands nothing, in tables, listings, pictures and errors."""

import json

import matplotlib.image
import numpy as np
import pytest
from provoke import OWN_PRIORS, RUN

TEXTS = {
    "script": "<script>alert(1)</script>",
    "formula": "=1+1",
    "markup": "[/foo] [bold]x[/bold] [link=file:///etc]y[/link]",
    "mathtext": "$\\frac{$ $x^2$ \\alpha _a^b",
    "escape": "a\x1b[31mred\x1b]0;title\x07 \x9b2J",
    "bidi": "abc\u202edef\u2066ghi",
    "newline": "one\ntwo\r\nthree\u2028four",
    "emoji code": ":smile: 100%% %s {0} {x}",
}
COMMANDS = ("\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u2028", "\r")


def shown(text: str) -> str:
    """Return what should be seen of a text."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def flat(out: str) -> str:
    return "".join(out.split())


def priors(text: str, key: str) -> str:
    quoted = json.dumps(text)
    if key == "title":
        return OWN_PRIORS.replace('title = "A set of one\'s own"', f"title = {quoted}")
    return OWN_PRIORS.replace("sigma = 0.4", f"sigma = 0.4, {key} = {quoted}")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("key", ["title", "source", "note"])
def test_listing(folder, command, key, name):
    (folder / "own.toml").write_text(priors(TEXTS[name], key), encoding="utf-8")
    done = command("priors", "show", "own.toml")
    assert (done.code, done.err) == (0, "")
    assert flat(shown(TEXTS[name])) in flat(done.out)
    assert not set(COMMANDS) & set(done.out)


@pytest.mark.parametrize("name", TEXTS)
def test_table_and_picture(folder, command, name):
    (folder / "own.toml").write_text(priors(TEXTS[name], "title"), encoding="utf-8")
    (folder / "own.py").write_text(f"def demand(x1, x2):\n    {json.dumps(TEXTS[name])}\n    return x1 / x2\n")
    done = command(*RUN)
    assert (done.code, done.err) == (0, "")
    assert f"own:{flat(shown(TEXTS[name]))}" in flat(done.out)
    assert f"demand:{flat(shown(TEXTS[name].splitlines()[0]))[:20]}" in flat(done.out)
    assert not set(COMMANDS) & set(done.out)
    picture = matplotlib.image.imread(folder / "own.png")
    assert np.ptp(picture[: len(picture) // 10]) > 0.5


@pytest.mark.parametrize("name", TEXTS)
def test_errors(folder, command, name):
    text = OWN_PRIORS.replace('distribution = "lognormal"', f"distribution = {json.dumps(TEXTS[name])}", 1)
    (folder / "own.toml").write_text(text, encoding="utf-8")
    done = command(*RUN)
    done.assert_mistake(2, "parameters.x1.distribution")
    assert not set(COMMANDS) & set(done.err)
