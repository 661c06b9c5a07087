"""Rules, scripts and Snakemake's own judgement of them."""

import ast
import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest

from .conftest import ROOT, STUDY

SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
VERBS = (
    *(
        "acquire",
        "derive",
        "describe",
        "draw",
        "evaluate",
        "fine_tune",
        "gather",
        "generate",
        "map",
    ),
    *("mosaic", "plot", "pretrain", "run", "select", "write"),
)


def read_rules() -> dict[str, str]:
    """Read the text of every rule that does something, by name."""
    texts = "\n".join(path.read_text() for path in RULES)
    parts = re.split(r"^rule (\w+):$", texts, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_rule_has_a_script_of_its_name_and_every_script_a_rule():
    rules = read_rules()
    assert sorted(rules) == [path.stem for path in SCRIPTS]
    for name, text in rules.items():
        assert f'script:\n        "../scripts/{name}.py"' in text


@pytest.mark.parametrize("name", sorted(read_rules()))
def test_params_hold_the_hash_of_the_rules_own_script(name):
    assert f'code=hash_script("{name}"),' in read_rules()[name]


def test_rules_are_verbs():
    for name in read_rules():
        assert name.startswith(tuple(f"{verb}_" for verb in VERBS)), name


@pytest.mark.parametrize("name", sorted(read_rules()))
def test_rules_have_manners(name):
    text = read_rules()[name]
    everywhere = "output log benchmark message threads resources params conda"
    for directive in everywhere.split():
        assert f"\n    {directive}:" in text, f"{name} lacks {directive}"
    for directive in ("input", "output", "params"):
        block = re.search(rf"^    {directive}:\n((?: {{8}}.*\n)+)", text, flags=re.MULTILINE)
        entries = re.findall(r"^ {8}(\S.*)$", block.group(1), flags=re.MULTILINE) if block else []
        unnamed = [entry for entry in entries if not re.match(r"\w+=|[)\]]", entry)]
        assert not unnamed, f"{name}: unnamed {directive} {unnamed}"


@pytest.mark.parametrize("name", sorted(read_rules()))
def test_the_benchmark_of_a_job_has_the_name_of_its_log(name):
    """By that the end of a failed run knows the jobs that were killed."""
    (log,) = re.findall(r'"<logs>/(.+)[.]log"', read_rules()[name])
    assert re.findall(r'"<benchmarks>/(.+)[.]tsv"', read_rules()[name]) == [log]


def list_names(rule: str) -> list[str]:
    """List what a rule names: its inputs, outputs and parameters, and its wildcards."""
    names, text = [], read_rules()[rule]
    for directive in ("input", "output", "params"):
        block = re.search(rf"^    {directive}:\n((?: {{8}}.*\n)+)", text, flags=re.MULTILINE)
        names += re.findall(r"^ {8}(\w+)=", block[1], flags=re.MULTILINE) if block else []
        if directive == "output":
            names += sorted(set(re.findall(r"\{(\w+)\}", block[1])))
    return names


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_rule_has_one_thing_for_every_argument_of_its_script(path):
    tree = ast.parse(path.read_text())
    (main,) = (node for node in tree.body if getattr(node, "name", "") == "main")
    (call,) = (
        node
        for node in ast.walk(tree)
        if getattr(getattr(node, "func", 0), "id", "") == "call_main"
    )
    stated = {keyword.arg for keyword in call.keywords}
    names = list_names(path.stem)
    for argument in main.args.kwonlyargs:
        if None not in stated and argument.arg not in stated:
            assert names.count(argument.arg) == 1, argument.arg


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_one_call(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    arguments = functions["main"].args
    assert arguments.kwonlyargs and not arguments.args
    assert "set_up_logging(snakemake.log[0])" in path.read_text()
    names = [node for node in ast.walk(functions["main"]) if isinstance(node, ast.Name)]
    assert "snakemake" not in {node.id for node in names}
    assert functions["main"].end_lineno - functions["main"].lineno < 40


def list_results():
    """List the files on the page of the results; a bare name is in the folder of the one before."""
    page = (ROOT / "results" / "README.md").read_text()
    for row in re.findall(r"^\| (`.*`) \|", page, flags=re.MULTILINE):
        first, *others = re.findall("`([^`]+)`", row)
        paths = [first, *(f"{PurePosixPath(first).parent}/{name}" for name in others)]
        for path in paths if "/" not in "".join(others) else [first, *others]:
            yield re.sub(r"\{\w+\}", "*", path) + ("*" if path.endswith("/") else "")


@pytest.mark.parametrize("name", sorted(read_rules()))
def test_the_page_of_the_results_lists_what_rules_make(name):
    text = re.search(r"\n    output:\n(.*?)\n    \w+:", read_rules()[name], flags=re.DOTALL)[1]
    made = [re.sub(r"\{\w+\}", "inventory", path) for path in re.findall('<results>/([^"]+)', text)]
    assert made
    known = list(list_results())
    assert [path for path in made if not any(fnmatch(path, pattern) for pattern in known)] == []


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# not of a study: what was fetched, what SLURM wrote, and a benchmark of its own
NAMED = re.compile(
    r"results/(?!cache|slurm_logs|robustness)[\w{}]+/([\w{}/.]*[\w}/])|`([\w{}/]+\.(?:csv|tif))`"
)


def list_named(page):
    """List the results that a page names, each from the folder of its study.

    A bare name is meant in the folder `results/.../` that the page named last, if any.
    """
    folder = ""
    for in_study, alone in NAMED.findall(page.read_text(encoding="utf-8")):
        if not alone.startswith("results/"):
            yield in_study or (alone if "/" in alone else folder + alone)
        folder = in_study if in_study.endswith("/") else folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_name_results_where_they_are(page):
    files = [pattern for pattern in list_results() if not pattern.startswith("results/")]
    names = [PurePosixPath(pattern).name for pattern in files]
    folders = {str(folder) for pattern in files for folder in PurePosixPath(pattern).parents}
    wrong = [
        path
        for path in list_named(page)
        if not any(fnmatch(path, pattern) for pattern in (files if "/" in path else names))
        and not any(PurePosixPath(path).match(folder) for folder in folders - {"."})
    ]
    assert wrong == []


def test_snakefile_is_short():
    assert len((ROOT / "Snakefile").read_text().splitlines()) <= 70


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_lint_is_clean(run_snakemake, tmp_path, snakefile):
    arguments = ("--lint", "--snakefile", ROOT / snakefile, "--configfile", STUDY)
    result = run_snakemake(*arguments, folder=tmp_path)
    assert result.returncode == 0, result.stdout
