"""The report as Snakemake writes it from hostile texts, and as it is published."""

import base64
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import geopandas as gpd
import pytest

from landshift.__main__ import main
from landshift.geodata.geopackage import write_geopackage
from landshift.report.sealing import seal_page
from landshift.report.texts.pages import write_page
from landshift.report.viewer.page import write_viewer

from .conftest import ASSETS

pytestmark = pytest.mark.attack

ATTACK = (
    "</script><script>document.title='ran';new Image().src='{address}/image';"
    "fetch('{address}/fetch')</script><img src='{address}/tag' onerror=document.title='ran'>"
)
WORKFLOW = """
import base64
ATTACK = base64.b64decode("{attack}").decode()

rule show:
    input: "page.html"
    output: report("shown.html", category="Pages", labels={{"what": ATTACK}})
    params: text=ATTACK, entry={{"licence": ATTACK}}
    shell: "cp {{input}} {{output}}"
"""
STEPS = [{"open": "Statistics"}, {"open": "Results"}, {"tap": "tbody a"}]
READY = ["#app a"]


def run_snakemake(folder, *arguments):
    command = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def unpack(archive):
    with zipfile.ZipFile(archive) as report:
        report.extractall(archive.parent)
    return archive.parent / archive.stem / "report.html"


@pytest.fixture
def attack(listener):
    return ATTACK.replace("{address}", listener[0])


@pytest.fixture
def report(tmp_path, attack):
    """Write a report whose params, labels and page hold an attack."""
    code = base64.b64encode(attack.encode()).decode()
    (tmp_path / "Snakefile").write_text(WORKFLOW.format(attack=code))
    write_page(tmp_path / "page.html", f"# seen\n\n{attack}", title=attack)
    run_snakemake(tmp_path, "--cores", "1")
    run_snakemake(tmp_path, "--report", "report.zip")
    return tmp_path / "report.zip"


def test_a_sealed_report_holds_the_same_data_and_no_foreign_script(report, attack):
    before = unpack(report).read_text()
    assert main(["seal", str(report)]) == 0
    after = unpack(report).read_text()
    assert attack in before and "</script><script>document" not in after
    read = re.compile(r"^ +var (results|rules|categories) = (\{.*);$", re.MULTILINE)
    parts = [
        {name: json.loads(text) for name, text in read.findall(page)} for page in (before, after)
    ]
    assert parts[0] == parts[1] and len(parts[0]) == 3
    assert "'unsafe-inline'" not in re.search("script-src ([^;]*);", after)[1]


def test_sealing_again_changes_nothing(report):
    main(["seal", str(report)])
    sealed = report.read_bytes()
    main(["seal", str(report)])
    assert report.read_bytes() == sealed


def test_what_is_no_known_report_is_refused(tmp_path, report, capsys):
    page = unpack(report).read_text()
    with pytest.raises(ValueError, match="in a form that is not known here"):
        seal_page(page.replace('<script id="rules">', '<script id="more">'))
    text = "Content-Security-Policy"  # in a page that is not sealed
    assert seal_page(page.replace("shown.html", text)).count(f'http-equiv="{text}"') == 1
    (tmp_path / "a.zip").write_text("no zip")
    assert main(["seal", str(tmp_path / "a.zip")]) == 1
    assert "a.zip: no zip" in capsys.readouterr().err


@pytest.mark.web
def test_a_sealed_report_works_and_sends_nothing(report, browse, listener):
    main(["seal", str(report)])
    seen = browse(*STEPS, page=unpack(report), ready=READY)
    assert listener[1] == [] and seen["requests"] == [] and seen["title"] == "Snakemake Report"
    statistics, _, shown = seen["notes"]
    assert statistics["drawings"] and "seen" in shown["frames"][0]


@pytest.mark.web
def test_a_report_opens_on_its_summary(report, browse):
    with zipfile.ZipFile(report) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(report, "w") as archive:
        for name, content in entries.items():
            named = content.replace(b"shown.html", b"summary.html")
            archive.writestr(name.replace("shown.html", "summary.html"), named)
    main(["seal", str(report)])
    wait, menu = {"press": "Tab"}, {"open": "Workflow"}
    opened, workflow = browse(wait, menu, page=unpack(report), ready=["iframe"])["notes"]
    assert "seen" in opened["frames"][0] and workflow["frames"] == []


@pytest.mark.web
def test_a_report_that_is_not_sealed_sends_data_away(report, browse, listener):
    """The attack works, or the test of its defence proves nothing."""
    browse({"press": "Tab"}, page=unpack(report), ready=["html"])
    assert listener[1]


@pytest.mark.web
def test_the_viewer_and_a_page_run_no_text_of_others(places, browse, listener, attack, tmp_path):
    units = gpd.read_file(places[0].priorities).assign(name=attack)
    write_geopackage(tmp_path / "units.gpkg", {"priorities": units})
    hostile = replace(places[0], name=attack, priorities=tmp_path / "units.gpkg")
    write_viewer(tmp_path / "viewer.html", [hostile], study=attack, assets=ASSETS)
    write_page(tmp_path / "page.html", f"# seen\n\n{attack}\n\n![]({listener[0]})", title=attack)
    steps = [{"check": "#vector-priorities"}, {"click": [0.5, 0.5]}]
    viewer = browse(*steps, page=tmp_path / "viewer.html")
    page = browse(page=tmp_path / "page.html", ready=["h1"])
    assert "</script>" in viewer["notes"][-1]["text"] and viewer["problems"] == []
    assert listener[1] == viewer["requests"] == page["requests"] == []
    assert page["title"] == attack


@pytest.mark.web
def test_a_script_in_the_viewer_does_not_run(page, browse, listener, attack, tmp_path):
    """What the escapes would miss, the policy stops."""
    text = page.read_text().replace("</main>", f"<p>{attack}</p></main>")
    (tmp_path / "viewer.html").write_text(text)
    seen = browse(page=tmp_path / "viewer.html")
    assert listener[1] == [] and "ran" not in seen["title"]
    assert any("Content Security Policy" in problem for problem in seen["problems"])
