"""The tutorial as a newcomer follows it: every command runs, and prints what the page shows."""

import doctest
import os
import re
import subprocess

import pytest

from .conftest import ROOT

BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^\n]*) -->\n)?```sh\n(?P<commands>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?",
    flags=re.DOTALL | re.MULTILINE,
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


ON_A_CLUSTER = "on a cluster"


def read_steps(*marks):
    """Read the commands without a mark, or with one of these, each with the output below it."""
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    blocks = [block for block in BLOCK.finditer(text) if block["mark"] in (None, *marks)]
    return [(block["commands"], block["output"] or "...") for block in blocks]


def hide_numbers(text):
    """Numbers differ in their last digits from one processor to another."""
    return re.sub(r"[+-]?\d+(\.\d+)?", "#", text)


def follow(checkout, tmp_path, steps):
    """Run commands in a checkout, and compare what they print with what the page shows."""
    environment = os.environ | {
        "PYTHONPATH": str(checkout / "src"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    # in a make that another one started, it tells its folders
    for name in ("LANDSHIFT_MIRROR", "MAKEFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    for commands, output in steps:
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=checkout, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert result.returncode == 0, f"{commands}\n{result.stdout}"
        shown, printed = hide_numbers(output), hide_numbers(result.stdout)
        matches = doctest.OutputChecker().check_output(shown, printed, FLAGS)
        assert matches, f"{commands}\nshows\n{output}\nbut printed\n{result.stdout}"


@pytest.mark.slow
def test_every_command_prints_what_the_tutorial_shows(checkout, tmp_path):
    follow(checkout, tmp_path, read_steps())


@pytest.mark.slurm
def test_every_command_prints_what_the_tutorial_shows_on_a_cluster(cluster, checkout, tmp_path):
    follow(checkout, tmp_path, read_steps(ON_A_CLUSTER))


def test_the_tutorial_shows_what_its_commands_print():
    steps = read_steps()
    assert steps[0][0] == "make demo\n"
    assert len(read_steps(ON_A_CLUSTER)) == len(steps) + 2
    assert sum(output != "..." for _, output in steps) > 8
