"""What people write for a precision, and what it comes to."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mcdemand import InputError
from mcdemand.tolerance import Tolerance, read_tolerance, read_tolerances


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("1%", Tolerance(0.01, True)),
        (" 0.5 % ", Tolerance(0.005, True)),
        ("5", Tolerance(5.0, False)),
        (0.25, Tolerance(0.25, False)),
        (3, Tolerance(3.0, False)),
    ],
)
def test_a_percentage_or_an_amount(stated, expected):
    found = read_tolerance(stated)
    assert found.is_relative == expected.is_relative
    assert_allclose(found.amount, expected.amount, rtol=1e-15)


@pytest.mark.parametrize("stated", ["0%", "-1%", "one", "", "%", "nan%", "inf", 0, -2.0, math.nan, True])
def test_what_is_no_precision_is_refused(stated):
    with pytest.raises(InputError, match=r"precision: .*: must be a finite number above 0; write a percentage"):
        read_tolerance(stated)


def test_accepted_errors_are_shares_of_the_figure_or_an_amount():
    figures = np.array([-200.0, 0.0, 50.0])
    assert_allclose(read_tolerance("2%").of(figures), [4.0, 0.0, 1.0])
    assert_allclose(read_tolerance(0.5).of(figures), [0.5, 0.5, 0.5])


def test_it_is_said_as_it_was_written():
    assert [str(read_tolerance(stated)) for stated in ("1%", "0.25%", 5)] == ["1 %", "0.25 %", "5"]


def test_one_for_all_or_one_by_one():
    assert read_tolerances("1%", ["a", "b"]) == dict.fromkeys("ab", read_tolerance("1%"))
    found = read_tolerances({"b": 2.0, "a": "3%"}, ["a", "b", "c"])
    assert found == {"b": Tolerance(2.0, False), "a": read_tolerance("3%")}


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("5", "precision: 5: a number without an output"),
        ({"aa": "1%"}, r"precision: 'aa': unknown; did you mean 'a'\?"),
        ({}, "write a percentage such as 1%"),
        (0.01, "write a percentage such as 1%"),
    ],
)
def test_mistakes(stated, message):
    with pytest.raises(InputError, match=message):
        read_tolerances(stated, ["a", "b"])
