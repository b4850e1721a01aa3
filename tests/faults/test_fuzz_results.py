"""Any file at all is a result or is refused in one line, in a process of its own: the C library may crash on it.

`MCDEMAND_FUZZ_FILES=2000` tries more of them; a file is its seed.
"""

import os
from collections import Counter

import pytest
from hostile_files import spoil
from provoke import start

import mcdemand as mc

FILES = int(os.environ.get("MCDEMAND_FUZZ_FILES", "200"))
PARTS = 4
READER = """
import resource, sys, time, warnings
import mcdemand as mc, numpy, h5py, xarray, mcdemand.reading, mcdemand.netcdf_file
from pathlib import Path
mc.read_result(sys.argv[1])
warnings.simplefilter("error")
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 512 * 2**20, resource.RLIM_INFINITY))
for path in sys.stdin.read().split():
    print(path, end=" ", flush=True)
    started = time.process_time()
    try:
        mc.read_result(path)
        said = "read"
    except (mc.FileError, mc.IntegrityError) as error:
        text = str(error)
        said = f"refused-{error.exit_code}"
        if "\\n" in text or not text.startswith(f"{path}: ") or "root:" in text:
            said = f"said-{text!r}".replace(" ", "_")
    except BaseException as error:
        said = f"raised-{error!r}".replace(" ", "_")
    if time.process_time() - started > 2:
        said = "slow"
    print(said, flush=True)
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    def demand(x1, t):
        return 2.0 * x1 + t

    priors = {
        "prior_set": {"years": {"start": 2025, "stop": 2027}},
        "parameters": {"x1": {"distribution": "normal", "mu": 0, "sigma": 1}},
    }
    result = mc.simulate(priors, model=mc.Model.from_functions([demand]), draws=64, chains=2)
    return mc.write_result(result, tmp_path_factory.mktemp("sound") / "sound.nc")


@pytest.mark.parametrize("part", range(PARTS))
def test_any_file_is_a_result_or_is_refused(tmp_path, sound, part):
    seeds = range(part, FILES, PARTS)
    paths = {seed: tmp_path / f"{seed}.nc" for seed in seeds}
    for seed, path in paths.items():
        spoil(seed, sound, path)
    done = start(tmp_path, READER, str(sound), words_in="\n".join(map(str, paths.values())))
    verdicts = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert done.returncode == 0, (done.returncode, done.stdout[-200:], done.stderr[-500:])
    found = {seed: verdicts[str(path)] for seed, path in paths.items()}
    allowed = {"read", "refused-4", "refused-5"}
    assert {seed: said for seed, said in found.items() if said not in allowed} == {}
    counted = Counter(found.values())
    assert counted["read"] > len(found) / 100
    assert counted["refused-5"] > len(found) / 3
