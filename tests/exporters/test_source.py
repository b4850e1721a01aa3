"""Texts of strangers in program text."""

import ast
import tokenize
from io import StringIO

import pytest

from mcdemand.exporters._source import FIRST_LINES, comment, comments, identifier, identifiers, text_literal
from mcdemand.report.text import literal


def test_identifiers_are_plain_and_different(payload):
    names = identifiers([payload, payload, f"{payload}!"])
    assert len(set(names)) == 3
    for name in names:
        assert name.isidentifier()
        assert name.isascii()
        assert name == name.lower()


@pytest.mark.parametrize("word", ["lambda", "print", "true", "match", "nan", "if"])
def test_words_of_a_language_are_no_identifiers(word):
    assert identifier(word) != word.lower()


def test_taken_names_are_left_alone():
    assert identifier("Power 2030", {"power_2030", "power_2030_2"}) == "power_2030_3"


def test_text_reads_back_as_it_is_shown(payload):
    assert ast.literal_eval(text_literal(payload)) == literal(payload)


def test_comments_stay_comments(payload):
    source = FIRST_LINES + "\n".join([comment(payload), *comments({payload: payload})])
    kinds = {token.type for token in tokenize.generate_tokens(StringIO(source).readline)}
    assert kinds <= {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER}


def test_no_comment_can_state_an_encoding():
    source = FIRST_LINES + comment("coding: utf-7") + "\nx = '+AD0-'\n"
    assert tokenize.detect_encoding(iter(source.encode().splitlines(keepends=True)).__next__)[0] == "utf-8"
