"""The command ``landshift``: questions to finished studies."""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from landshift.runtime.compiled_cache import drop_stale_kernels
from landshift.runtime.logs import explain_error
from landshift.runtime.plain_text import make_plain


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command with the given words, or those of the command line.

    Returns
    -------
    int
        0, or 1 if the command cannot answer; the reason goes to standard error.
    """
    chosen = _parser().parse_args(arguments)
    drop_stale_kernels()
    try:
        chosen.answer(chosen)
    except (ValueError, OSError, MemoryError) as error:
        _say(f"landshift {chosen.name}: {explain_error(error) or error}", to=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="landshift", description=__doc__.partition(":")[2])
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    start = commands.add_parser("start", help="begin a study of the landslides in a file")
    start.add_argument("inventory", type=Path, help="file of landslides, or a folder of such")
    start.add_argument("--dem", type=Path, help="elevation model [m]; by default it is fetched")
    start.add_argument("--name", help="name of the study; by default that of the inventory")
    start.add_argument("--crs", help="CRS of the landslides, where their file states none")
    start.add_argument("--layer", help="of several layers or sheets the one of the landslides")
    start.add_argument("--label", help="column that tells landslides from absences")
    start.add_argument("--presence", nargs="+", help="values of it that mean a landslide")
    start.add_argument("--output", type=Path, help="file to write; by default config/NAME.yaml")
    start.set_defaults(answer=_start_study)

    run = commands.add_parser("run", help="run a study, from its data to maps and a report")
    run.add_argument("study", help="its name, or the file of its configuration")
    run.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="(%(default)s)")
    run.add_argument("--no-report", action="store_true", help="leave the report, a zip, out")
    run.add_argument("snakemake", nargs="*", help="further words for Snakemake, after --")
    run.set_defaults(answer=_run_study)

    freeze = commands.add_parser("freeze", help="pack the source regions of a study as a library")
    freeze.add_argument("results", type=Path, help="folder of the study, results/{study}")
    freeze.add_argument("edition", type=Path, help="folder with about.toml, to write to")
    freeze.set_defaults(answer=_freeze_regions)

    site = commands.add_parser("site", help="what a study says of one place")
    site.add_argument("study", help="name of the study")
    site.add_argument("longitude", type=float, help="WGS 84 [degree]")
    site.add_argument("latitude", type=float, help="WGS 84 [degree]")
    site.add_argument(
        "--results", type=Path, default=Path("results"), help="folder of studies (%(default)s)"
    )
    site.add_argument("--json", action="store_true", help="print JSON instead of text")
    site.set_defaults(answer=_describe_site)

    diff = commands.add_parser("diff", help="what changed between two result folders")
    diff.add_argument("before", type=Path, help="result folder, results/{study}")
    diff.add_argument("after", type=Path, help="result folder of a later run")
    diff.add_argument(
        "--output", type=Path, help="folder of the comparison; by default diff/ in AFTER"
    )
    diff.set_defaults(answer=_compare_results)

    update = commands.add_parser(
        "update", help="run a study with what is new, and say what changed"
    )
    update.add_argument("results", type=Path, help="its folder, results/{study}")
    update.add_argument("command", nargs="+", help="what runs the study, after --")
    update.set_defaults(answer=_update_study)

    study = commands.add_parser("study", help="what is wrong with the configuration of a study")
    study.add_argument("files", type=Path, nargs="+", help="as after --configfile, in their order")
    study.add_argument("--finished", action="store_true", help="and what a run has not made")
    study.add_argument(
        "--results", type=Path, default=Path("results"), help="folder of studies (%(default)s)"
    )
    study.set_defaults(answer=_check_study)

    check = commands.add_parser("check", help="whether a study's files are still what was made")
    check.add_argument("results", type=Path, help="its folder, results/{study}")
    check.set_defaults(answer=_check_files)

    seal = commands.add_parser("seal", help="close a report, so that no text in it runs")
    seal.add_argument("report", type=Path, help="what snakemake --report has written, a zip")
    seal.set_defaults(answer=_seal_report)
    return parser


def _say(text: str, *, end: str = "\n", to: TextIO | None = None) -> None:
    """Write to the screen; what data hold is shown there, and steers no terminal."""
    print(make_plain(text), end=end, file=to)


# Each command imports what it needs, so that the others start fast.


def _start_study(chosen: argparse.Namespace) -> None:
    from landshift.study.starting import start_study, write_study

    names = ("dem", "name", "crs", "layer", "label", "presence")
    keys = {name: getattr(chosen, name) for name in names}
    start = start_study(chosen.inventory, **keys)
    path = chosen.output or Path("config", f"{start.name}.yaml")
    write_study(start, path)
    _say("\n".join(["Found:", *(f"  {line}" for line in start.found)]))
    _say("\n".join(["Decided:", *(f"  {line}" for line in start.decided)]))
    name = path if chosen.output else start.name
    _say(f"Written to {path}. Change what is not so, then run it:\n  landshift run {name}")


def _run_study(chosen: argparse.Namespace) -> None:
    from landshift.report.running import find_study, run_study

    screen = sys.stdout.isatty()

    def tell(line: str) -> None:
        # on a screen each line takes the place of the one before
        text, end = (f"\r{make_plain(line):<60}", "") if screen else (make_plain(line), "\n")
        print(text, end=end, flush=True)

    lines = run_study(
        find_study(chosen.study),
        cores=chosen.cores,
        report=not chosen.no_report,
        extra=chosen.snakemake,
        tell=tell,
    )
    _say("\n".join(["", *lines] if screen else lines))


def _freeze_regions(chosen: argparse.Namespace) -> None:
    from landshift.sampling.library import write_edition

    names = write_edition(chosen.results, chosen.edition)
    _say(f"{chosen.edition}: packed {', '.join(names)}")


def _describe_site(chosen: argparse.Namespace) -> None:
    from landshift.report.site import describe_site
    from landshift.report.site_text import format_site

    site = describe_site(chosen.results / chosen.study, chosen.longitude, chosen.latitude)
    if chosen.json:
        _say(json.dumps(site.to_dict(), indent=1))
    else:
        _say(format_site(site), end="")


def _compare_results(chosen: argparse.Namespace) -> None:
    from landshift.report.differences import compare_results

    output = chosen.output or chosen.after / "diff"
    table = compare_results(chosen.before, chosen.after, output)
    _say(table.to_string(index=False, float_format="{:.4g}".format))
    _say(f"written to {output}")


def _update_study(chosen: argparse.Namespace) -> None:
    from landshift.report.updates import update_study

    table = update_study(chosen.results, lambda: _run(chosen.command))
    if table is None:
        _say("There are no earlier maps to compare.")
    else:
        _say(table.to_string(index=False, float_format="{:.4g}".format))


def _run(command: Sequence[str]) -> None:
    ended = subprocess.run(command, check=False).returncode
    if ended:
        raise OSError(f"the run failed; what is finished is kept ({shlex.join(command)})")


def _check_study(chosen: argparse.Namespace) -> None:
    from landshift.study.checks import check_study
    from landshift.study.headers import check_headers
    from landshift.study.library import add_library
    from landshift.study.texts import read_files

    config = read_files(chosen.files)
    add_library(config, say=_say)
    study = check_study(config)
    check_headers(study)
    if chosen.finished:
        _check_finished(chosen.results / study.study, study)
    _say(f"{study.study}: nothing is wrong; {len(study.regions)} regions")


def _check_finished(results: Path, study: Any) -> None:
    from landshift.runtime.files import check_finished
    from landshift.study.outputs import list_outputs
    from landshift.study.plan import Plan
    from landshift.transfer.manifest import read_frozen_factors

    frozen = study.transfer.frozen
    plan = Plan(study, read_frozen_factors(frozen and frozen.model_dump()))
    check_finished(results, (results / file for file in list_outputs(plan)))


def _check_files(chosen: argparse.Namespace) -> None:
    from landshift.runtime.integrity import check_files, explain_cut

    differing, compared = check_files(chosen.results)
    if differing:
        raise ValueError(explain_cut(differing))
    _say(f"{compared} files are what was made")


def _seal_report(chosen: argparse.Namespace) -> None:
    from landshift.report.sealing import seal_report

    seal_report(chosen.report)


if __name__ == "__main__":
    sys.exit(main())
