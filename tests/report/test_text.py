import io

import pytest

from mcdemand.report.text import BLOCKS, console, literal, make_printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred", "a[31mred"),
        ("left\u202eright\u2066", "leftright"),
        ("one\ntwo\r\n three\x85four", "one two three four"),
        ("bell\x07 \x9b0m \x00", "bell 0m "),
        ("[/foo] <script> $\\frac{$ =1+1", "[/foo] <script> $\\frac{$ =1+1"),
        ("日本 é ±", "日本 é ±"),
    ],
)
def test_literal_drops_what_a_terminal_would_obey_and_keeps_the_rest(text: str, shown: str) -> None:
    assert literal(text) == shown


def test_console_prints_markup_and_emoji_codes_as_they_are() -> None:
    file = io.StringIO()
    console(file).print("[/foo] [red]x[/red] :smile:")
    assert file.getvalue() == "[/foo] [red]x[/red] :smile:\n"


def test_any_encoding_carries_the_text_at_the_same_width() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="")
    make_printable(stream)
    stream.write(f"1–2 é {BLOCKS}")
    stream.flush()
    assert raw.getvalue() == b"1-2 ? .:-=+*#@"
