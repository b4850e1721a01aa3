"""The direction numbers in the package are those that their script makes from SciPy's copy of Joe and Kuo's table."""

from sobol_directions import DIMENSIONS, FILE, rows, text

import mcdemand.designs.sobol as design


def test_the_file_is_what_the_script_writes():
    assert FILE.name == design.DIRECTIONS
    assert FILE.read_text(encoding="ascii") == text()


def test_rows_are_as_many_as_the_design_says_and_begin_like_the_published_ones():
    """Joe and Kuo (2008), the first lines of the authors' file for D(6): d s a m_i."""
    found = rows()
    assert len(found) + 1 == DIMENSIONS == design.DIMENSIONS
    assert found[:4] == [(2, 1, 0, 1), (3, 2, 1, 1, 3), (4, 3, 1, 1, 3, 1), (5, 3, 2, 1, 1, 1)]
