"""Shipped configurations plan a run; wrong ones fail before the first job, with the remedy."""

import copy
import os
import re
import subprocess

import pytest
import yaml

from landshift.__main__ import main

from .conftest import ROOT, STUDY
from .test_rules import read_rules

ACQUIRE = ROOT / "workflow" / "rules" / "acquire.smk"
OVERLAYS = {"evidence": "benchmark"}
"""Configurations that are laid over another one."""

SHIPPED = sorted((ROOT / "config").glob("*.yaml"))
BASE = yaml.safe_load(STUDY.read_text())
TARGET = BASE["regions"]["birch"] | {"role": "target"}


def change(*path, value):
    """Copy the small study with one key changed."""
    config = copy.deepcopy(BASE)
    entry = config
    for key in path[:-1]:
        entry = entry[key]
    entry[path[-1]] = value
    return config


def list_local_files(entry):
    """List the files of a configuration, which a user brings along."""
    if not isinstance(entry, dict):
        return []
    own = [entry["file"]] if "file" in entry else []
    return own + [file for value in entry.values() for file in list_local_files(value)]


@pytest.mark.parametrize("path", [*SHIPPED, STUDY], ids=lambda path: path.stem)
def test_dry_run_plans_maps(run_snakemake, tmp_path, path):
    for file in list_local_files(yaml.safe_load(path.read_text())):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    below = [path.with_stem(OVERLAYS[path.stem])] if path.stem in OVERLAYS else []
    result = run_snakemake("--dry-run", "--configfile", *below, path, folder=tmp_path)
    assert result.returncode == 0, result.stdout
    assert "map_susceptibility" in result.stdout
    assert not (tmp_path / "results").exists()


def test_the_catalogue_of_workflows_finds_the_same_workflow(run_snakemake, tmp_path):
    main = ("--snakefile", ROOT / "workflow" / "Snakefile")
    result = run_snakemake("--dry-run", *main, "--configfile", STUDY, folder=tmp_path)
    assert result.returncode == 0, result.stdout
    assert "map_susceptibility" in result.stdout


def test_default_study_is_not_mixed_into_another(run_snakemake, tmp_path):
    result = run_snakemake("--dry-run", "--quiet", "--configfile", STUDY, folder=tmp_path)
    assert "results/default" not in result.stdout


def test_single_values_change_the_default_study(run_snakemake):
    result = run_snakemake("--dry-run", "--config", "study=other", folder=ROOT)
    assert result.returncode == 0, result.stdout
    assert "results/other/" in result.stdout


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (change("regions", "birch", "prevalense", value=0.1), "prevalense"),
        (change("samples", "buffer_m", value="far"), "buffer_m"),
        (change("regions", "alder", "role", value="teacher"), "teacher"),
        (change("regions", "alder", "virtual", "relief", value=3), "relief"),
        (change("regions", "birch", "prevalence", value=None), "prevalence"),
        (change("benchmark", "targets", value=["elm"]), "benchmark.targets"),
        (
            change("regions", value=dict.fromkeys(("birch", "cedar"), TARGET))
            | {"transfer": {"sources": "regions"}},
            "is a source",
        ),
    ],
    ids=["unknown", "type", "role", "virtual", "prevalence", "benchmark", "sources"],
)
def test_wrong_configurations_fail_first(run_snakemake, tmp_path, config, expected):
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(config))
    result = run_snakemake("--cores", "1", "--configfile", path, folder=tmp_path)
    assert result.returncode != 0
    assert expected in result.stdout
    assert "Traceback" not in result.stdout
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("study: a\nregions:\n\tb: 3\n", "config/config.yaml, line 3, column 1: a tab stands here"),
        ("study: a\nregions: &a {b: *a}\n", "config/config.yaml, line 2: no study has more than"),
    ],
)
def test_a_default_study_that_is_no_yaml_names_the_line(run_snakemake, tmp_path, text, expected):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(text)
    result = run_snakemake("--dry-run", folder=tmp_path)
    assert result.returncode != 0
    assert expected in result.stdout and "Traceback" not in result.stdout


def test_the_command_reads_files_as_a_run_does(tmp_path, capsys):
    sound = ROOT / "config/benchmark.yaml"
    assert main(["study", str(sound), str(ROOT / "config/evidence.yaml")]) == 0
    assert capsys.readouterr().out == "evidence: nothing is wrong; 4 regions\n"
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("regions: {ecuador: {role: teacher}}\nseeed: 3\n")
    assert main(["study", str(sound), str(overlay)]) == 1
    stated = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in stated[1:]] == ["  regions.ecuador.role", "  seeed"]
    overlay.write_text("- a\n")
    assert main(["study", str(overlay)]) == 1
    assert "overlay.yaml: holds no keys with values" in capsys.readouterr().err
    assert main(["study", str(tmp_path / "no.yaml")]) == 1


@pytest.mark.parametrize("target", ["report", "where"])
def test_a_study_that_is_not_finished_has_no_report(checkout, target):
    made = subprocess.run(
        ["make", target], cwd=checkout, env=os.environ | {"PYTHONPATH": str(checkout / "src")},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert made.returncode != 0
    sentence, *others = made.stdout.splitlines()
    assert "results/default: the study is not finished, it lacks targets/dogwood/" in sentence
    assert "more files; run snakemake with its configuration to the end" in sentence
    assert all(line.startswith("make: ") for line in others)
    assert not (checkout / "results").exists()


def test_groups_of_the_profile_for_slurm_make_no_circle(run_snakemake, tmp_path):
    slurm = ("--workflow-profile", ROOT / "profiles" / "slurm")
    result = run_snakemake("--dry-run", *slurm, "--configfile", STUDY, folder=tmp_path)
    assert result.returncode == 0, result.stdout


def test_profiles_agree_and_the_one_for_slurm_knows_every_rule():
    default, slurm = (
        yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())
        for name in ("default", "slurm")
    )
    assert set(default.pop("resources")) <= set(slurm["resources"])
    assert default.items() <= slurm.items()
    local = re.search(r"^localrules:\n((?: {4}\w+,\n)+)", ACQUIRE.read_text(), re.MULTILINE)
    submitted = set(read_rules()) - set(re.findall(r"\w+", local.group(1)))
    assert set(slurm["set-resources"]) == submitted
    assert set(slurm["groups"]) <= submitted
