"""Damaged tables of Arrow's library, read in a process of their own: its C++ may end the process instead of raising."""

import json
import re
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mcdemand as mc
from mcdemand.exporting import export
from mcdemand.result_files import read

FATAL = 0x33
"""As the codec of a column it ended the process; other values are put at some places only."""
OTHERS, STRIDE = (0x00, 0xFF), 5
TEXT = re.compile(rb"[\x20-\x7e]{500,}")
"""The description: bytes that are JSON to whoever reads the file, and nothing to the library."""
EVERY_OF_TEXT = 211

# A death leaves no report, so where the reader is, is written down first.
READER = """
import json, os, sys
from pathlib import Path
import mcdemand as mc
from mcdemand.result_files import read
path, count = Path(sys.argv[1]), {"refused": 0, "read": 0}
whole, wanted = path.read_bytes(), read(path)
damaged = path.with_name("damaged" + path.suffix)
for place, value in json.loads(Path(sys.argv[2]).read_text()):
    os.write(2, f"{place} {value:#x}\\n".encode())
    broken = bytearray(whole)
    broken[place] = value
    damaged.write_bytes(broken)
    try:
        found = read(damaged)
    except (mc.IntegrityError, mc.FileError) as error:
        assert "\\n" not in str(error)
        count["refused"] += 1
    else:
        for group in ("prior", "prior_predictive"):
            assert found[group].to_dataset().equals(wanted[group].to_dataset())
        count["read"] += 1
print(json.dumps(count))
"""


@pytest.fixture(scope="module")
def two_chains():
    names = {"outputs": ["energy_served", "growth_shape"], "years": 2030}
    return mc.simulate("consensus", draws=16, chains=2, design="random", seed=3, **names)


@pytest.mark.parametrize(("name", "step"), [("a.parquet", 1), ("a.arrow", 2)])
def test_no_damaged_byte_ends_the_process(two_chains, tmp_path, name, step):
    path = export(two_chains, tmp_path / name).path
    places = places_of(path.read_bytes())[::step]
    (tmp_path / "places.json").write_text(json.dumps(places))
    command = [sys.executable, "-c", READER, str(path), str(tmp_path / "places.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-600:]
    count = json.loads(done.stdout)
    assert sum(count.values()) == len(places)
    assert count["refused"] > len(places) / 2


def places_of(content):
    """Return places and what is put there: every byte but those of the long text, of which there are some."""
    text = {place for found in TEXT.finditer(content) for place in range(*found.span())}
    kept = [place for place in range(len(content)) if place not in text] + sorted(text)[::EVERY_OF_TEXT]
    changes = [(place, FATAL) for place in kept]
    changes += [(place, value) for k, value in enumerate(OTHERS) for place in kept[k::STRIDE]]
    return [(place, value) for place, value in changes if content[place] != value]


def test_a_bomb_is_refused_before_it_is_unpacked(two_chains, tmp_path):
    path = export(two_chains, tmp_path / "a.parquet").path
    table = pq.read_table(path)
    zeros = [np.zeros(1_000_000, dtype=field.type.to_pandas_dtype()) for field in table.schema]
    pq.write_table(pa.table(zeros, schema=table.schema), path, compression="zstd", use_dictionary=False)
    with pytest.raises(mc.IntegrityError, match="refused, it would unpack to 1000000 rows"):
        read(path)


def test_what_a_file_says_that_it_unpacks_to_is_looked_at(two_chains, tmp_path, monkeypatch):
    path = export(two_chains, tmp_path / "a.parquet").path
    monkeypatch.setattr("mcdemand.exporters.parquet.most_bytes", lambda _path: 100)
    with pytest.raises(mc.IntegrityError, match=r"refused, it would unpack to \d+ bytes"):
        read(path)
