"""What Snakemake says that it does: its jobs, what they read and write, what follows a change."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = ("Snakefile", "config", "docs", "envs", "profiles", "src", "workflow")

_MESSAGE = re.compile(r"^    message:\n        .*\n", flags=re.MULTILINE)
_JOB = re.compile(r"^(?:local)?rule (\w+):\n((?: {4}\S.*\n)+)", flags=re.MULTILINE)


def copy_checkout(root: Path, copy: Path) -> None:
    """Copy workflow and library, without the messages that stand in place of what jobs are."""
    copy.mkdir(exist_ok=True)
    for name in CHECKOUT:
        copied = shutil.copytree if (root / name).is_dir() else shutil.copy2
        copied(root / name, copy / name)
    for path in (copy / "workflow" / "rules").glob("*.smk"):
        path.write_text(_MESSAGE.sub("", path.read_text()))


@dataclass(frozen=True, order=True)
class Job:
    """A job by its rule and its region or target; what concerns the whole study has no place."""

    rule: str
    place: str
    inputs: frozenset[str]
    outputs: frozenset[str]
    number: int = field(compare=False)

    def __str__(self) -> str:
        return f"{self.rule} {self.place}".strip()


def read_jobs(printed: str) -> set[Job]:
    """Read the jobs from what Snakemake prints of a plan or of a run."""
    jobs = set()
    for rule, block in _JOB.findall(printed):
        entries = dict(line.strip().split(": ", 1) for line in block.splitlines() if ": " in line)
        wildcards = dict(
            pair.split("=", 1) for pair in entries.get("wildcards", "").split(", ") if pair
        )
        inputs, outputs = (
            frozenset(entries[key].split(", ")) if key in entries else frozenset()
            for key in ("input", "output")
        )
        if outputs:
            jobs.add(
                Job(rule, ",".join(wildcards.values()), inputs, outputs, int(entries["jobid"]))
            )
    return jobs


def follow(jobs: set[Job], starts: set[Job]) -> set[Job]:
    """Collect the jobs that a change of some reaches: themselves and all that read from them."""
    reached = set()
    waiting = list(starts)
    while waiting:
        job = waiting.pop()
        if job not in reached:
            reached.add(job)
            waiting += [other for other in jobs if other.inputs & job.outputs]
    return reached


def assert_same_results(expected: Path, found: Path) -> None:
    """Compare what runs made, byte by byte; `found` may hold more, such as a removed region's."""
    compared = 0
    for path in sorted(expected.rglob("*")):
        relative = path.relative_to(expected)
        if path.is_file() and relative.parts[0] not in ("logs", "benchmarks"):
            assert (found / relative).read_bytes() == path.read_bytes(), relative
            compared += 1
    assert compared, f"{expected} holds no results"
