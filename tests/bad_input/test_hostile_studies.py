"""The study file of a stranger: it is a list of what to read, and nothing else."""

import subprocess
import time

import pytest
import yaml

from landshift import generate_virtual_region
from landshift.__main__ import main
from landshift.study.texts import MOST_BYTES, check_file, check_text

from .conftest import ROOT, explain
from .conftest import check_text as check_all

pytestmark = pytest.mark.attack


@pytest.mark.parametrize(
    "text",
    [
        "__use_yte__: true\nstudy: ?open({made!r}, 'w').write('x')\n",
        "a: &a {{__use_yte__: true}}\n<<: *a\n?open({made!r}, 'w').name: 1\n",
        '{{"__use_yte__": true, "study": "?open({made!r})"}}',
        '? "__use_yte\\x5f_"\n: yes\nstudy: ?1\n',
    ],
)
def test_a_study_that_runs_code_is_refused(text, tmp_path, capsys):
    made, path = tmp_path / "made", tmp_path / "study.yaml"
    path.write_text(text.format(made=str(made)))
    assert main(["study", str(path)]) == 1
    assert "the key __use_yte__ lets a configuration run code" in capsys.readouterr().err
    assert not made.exists()


def test_make_checks_a_study_before_snakemake_reads_it(tmp_path):
    """Snakemake runs what such a file holds before any line of the workflow."""
    made, path = tmp_path / "made", tmp_path / "study.yaml"
    path.write_text(f"__use_yte__: true\nstudy: a\nseed: ?open({str(made)!r}, 'w').write('x')\n")
    for target in ("report", "update"):
        command = ["make", target, f"CONFIG={path}", "-o", ".venv/.installed"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode and "lets a configuration run code" in done.stderr
        assert not made.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: !!python/name:os.system\n", "line 1: has the tag tag:yaml.org,2002:python/name:os.sy"),
        ("a: 1\nb: !!binary x\n", "line 2: has the tag"),
        ("a: !include /etc/passwd\n", "line 1: has the tag !include"),
        ("a: 2000-99-99\n", "study.yaml: month must be in 1..12; correct the date or number"),
        (f"a: {'1' * 5000}\n", "correct the date or number, or quote it"),
    ],
)
def test_a_study_holds_plain_values(text, sentence):
    assert sentence in explain(check_text, text, "study.yaml")


def test_a_file_without_end_is_not_read(tmp_path):
    path = tmp_path / "study.yaml"
    with path.open("wb") as sink:
        sink.truncate(MOST_BYTES + 1)
    begun = time.monotonic()
    assert "is larger than 10 MB, which no study is" in explain(check_file, path)
    assert "is larger than 10 MB" in explain(check_file, "/dev/zero")
    assert time.monotonic() - begun < 5


HUGE = [
    ("regions.alder.virtual.origin", [1e15, 0.0], "must be at most 100000000"),
    ("regions.alder.virtual.origin", [0.0, -1e15], "must be at least -100000000"),
    ("regions.birch.grid.bounds", [0.0, 0.0, 1e15, 900.0], "must be at most 100000000"),
    ("regions.birch.grid.box", [0.0, 0.0, 1e15, 900.0], "is no box"),
    ("regions.birch.grid.resolution_m", 1e300, "must be at most 100000000"),
    ("regions.birch.grid.buffer_m", 1e300, "must be at most 100000000"),
    ("samples.buffer_m", 1e300, "must be at most 100000000"),
    ("samples.blocks", 10**30, "must be at most 1000000000"),
    ("samples.background_cells", 10**30, "must be at most 1000000000"),
    ("samples.absences_per_presence", 10**30, "must be at most 1000000000"),
    ("maps.block_size", 10**30, "must be at most 65536"),
    ("mosaic.resolution_m", 1e300, "must be at most 100000000"),
    ("benchmark.draws", 10**30, "must be at most 1000000000"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), HUGE)
def test_numbers_beyond_the_earth_are_refused_by_their_key(spoil, path, value, sentence):
    assert sentence in explain(check_all, yaml.safe_dump(spoil(path, value)))


@pytest.mark.parametrize("origin", [(1e15, 0), (float("nan"), 0), (2e7, 9e7)])
def test_a_virtual_region_lies_on_the_earth(origin):
    with pytest.raises(ValueError, match="virtual region a: origin"):
        generate_virtual_region(
            "a", seed=1, origin=origin, crs="EPSG:32632", size=48, landslides=30
        )


@pytest.mark.parametrize("command", ["check", "update", "diff", "study", "seal"])
@pytest.mark.parametrize("kind", ["a file", "missing"])
def test_what_is_no_folder_or_no_file_is_told(command, kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "place"
    if kind == "a file" and command not in ("study", "seal"):
        path.write_text("no folder")
    elif kind == "a file":
        path.mkdir()
    if command == "update" and kind == "missing":
        assert main(["update", "place", "--", "true"]) == 0
        return
    further = {"diff": ["."], "update": ["--", "true"]}.get(command, [])
    assert main([command, "place", *further]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"landshift {command}: place: ")
    assert "Errno" not in said and said.count("\n") == 1
    assert ";" in said, "no remedy"
