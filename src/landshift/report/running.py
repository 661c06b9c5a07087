"""Run a study by Snakemake, with one line of progress, and say where its results are."""

import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from landshift.report.sealing import seal_report
from landshift.runtime.plain_text import make_plain
from landshift.study.checks import check_study
from landshift.study.library import add_library
from landshift.study.plan import Plan
from landshift.study.texts import check_file

_DONE = re.compile(r"^(\d+) of (\d+) steps")
_WRONG = "What went wrong"


def find_study(name: str, folder: Path = Path()) -> Path:
    """Find the file of a study by its path, or by its name in the folder or its ``config``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    places = [Path(name), folder / "config" / f"{name}.yaml", folder / f"{name}.yaml"]
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(
        f"{name}: no study of this name; looked for {', '.join(map(str, places))}. Begin one by "
        "landshift start INVENTORY"
    )


def find_workflow() -> Path:
    """Find the Snakefile: that of the checkout, or the one that the package was installed with.

    Raises
    ------
    FileNotFoundError
        If the package came without it.
    """
    package = Path(__file__).parents[1]
    for place in (package / "checkout" / "Snakefile", package.parents[1] / "Snakefile"):
        if place.is_file():
            return place
    raise FileNotFoundError("the workflow is not part of this installation; install the wheel")


def run_study(
    config: Path,
    *,
    cores: int,
    report: bool = True,
    extra: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Run a study in the working folder.

    Parameters
    ----------
    config
        File of the study.
    cores
        Cores that its jobs share [1].
    report
        Whether to write the report, a zip, at the end.
    extra
        Further words for Snakemake.
    tell
        Takes a line of progress whenever a job has ended.

    Returns
    -------
    list of str
        Where maps, viewer and report are, a line each.

    Raises
    ------
    ModuleNotFoundError
        If Snakemake is not installed.
    OSError
        If the run fails, with what went wrong; all that was finished is kept.
    ValueError
        If something is wrong with the study.
    """
    if importlib.util.find_spec("snakemake") is None:
        raise ValueError(
            "Snakemake, which runs a study, is not installed; pip install 'landshift[workflow]'"
        )
    stated = check_file(config)
    add_library(stated)
    study = check_study(stated)
    results = Path("results") / study.study
    results.mkdir(parents=True, exist_ok=True)
    log = results / "run.log"
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(find_workflow())]
    command += ["--configfile", str(config), "--cores", str(cores), *extra]
    failed = _follow(command, log, tell)
    if failed:
        raise OSError("\n  ".join([*failed, f"the whole log: {log}", "landshift run goes on"]))
    lines = [f"map        {results}/targets/{target}/susceptibility.tif" for target in
             Plan(study).targets]  # fmt: skip
    lines.append(f"viewer     {results}/report/viewer.html")
    lines.append(f"in words   {results}/report/summary.html")
    if report:
        path = results / "report" / "report.zip"
        tell("writing the report")
        failed = _follow([*command, "--report", str(path)], results / "report.log", tell)
        if failed:
            raise OSError("\n  ".join([*failed, f"the whole log: {results / 'report.log'}"]))
        seal_report(path)
        lines.append(f"report     {path}")
    return lines


def _follow(command: Sequence[str], log: Path, tell: Callable[[str], None]) -> list[str]:
    """Run a command with its words in a log; return what it says went wrong, if anything."""
    began, wrong, last = time.monotonic(), [], ""
    with (
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as run,
    ):
        for line in run.stdout:
            kept.write(line)
            last = line.strip() or last
            if line.startswith(_WRONG):
                wrong = [last]
            elif wrong and line.startswith("  "):
                wrong.append(line.strip())
            elif found := _DONE.match(line):
                done, jobs = map(int, found.groups())
                left = (time.monotonic() - began) / done * (jobs - done)
                tell(f"{done} of {jobs} jobs done, about {_say_time(left)} left")
    if run.returncode == 0:
        return []
    return [make_plain(line) for line in wrong or [last or "Snakemake ended without a word"]]


def _say_time(seconds: float) -> str:
    """Say how long something takes.

    Examples
    --------
    >>> _say_time(40), _say_time(95)
    ('40 s', '2 min')
    """
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
