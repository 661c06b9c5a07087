"""Fingerprints: change with what a module runs, and with nothing else."""

import importlib

import pytest

# The package's attribute of this name may be the function; the module is what is patched.
module = importlib.import_module("landshift.runtime.fingerprint")

SOURCES = {
    "base": "VALUE = 1\n",
    "middle": "from landshift.base import VALUE\n",
    "top": "import landshift.middle\n",
    "alone": "import json\n",
    "late": "def run():\n    from landshift import base\n    return base.VALUE\n",
    "family/__init__": "from importlib import import_module\n",
    "family/one": "",
    "family/two": "from . import one\n",
    "group/__init__": "from landshift.group.first import name\n",
    "group/first": "name = 1\n",
    "group/second": "from ..base import VALUE\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a small package in place of the real one; returns a function that writes a module."""
    folder = tmp_path / "landshift"

    def write(name, text):
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        module._read.cache_clear()

    for name, text in SOURCES.items():
        write(name, text)
    monkeypatch.setattr(module, "_PACKAGE", folder)
    yield write
    module._read.cache_clear()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alone", ["alone"]),
        ("top", ["base", "middle", "top"]),
        ("late", ["base", "late"]),
        ("family", ["family", "family.one", "family.two"]),
        ("family.two", ["family", "family.one", "family.two"]),
        ("group.second", ["base", "group", "group.first", "group.second"]),
    ],
)
def test_lists_what_importing_a_module_runs(package, name, expected):
    assert module.list_modules(name) == expected


def test_changes_with_an_indirect_import(package):
    before = module.fingerprint("top"), module.fingerprint("alone")
    package("base", "VALUE = 2\n")
    after = module.fingerprint("top"), module.fingerprint("alone")
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_changes_with_the_table_of_a_module(package):
    before = module.fingerprint("top")
    (module._PACKAGE / "base.toml").write_text("value = 2")
    module._read.cache_clear()
    assert module.fingerprint("top") != before


def test_order_and_repetition_do_not_matter(package):
    expected = module.fingerprint("top", "alone")
    assert module.fingerprint("alone", "top", "base") == expected


def test_same_text_under_another_name_differs(package):
    package("copy", SOURCES["alone"])
    assert module.fingerprint("copy") != module.fingerprint("alone")


def test_unknown_module_is_named(package):
    with pytest.raises(ValueError, match="no module 'terain'"):
        module.fingerprint("terain")


def test_every_real_module_has_a_fingerprint():
    folder = module._PACKAGE
    names = [path.relative_to(folder).with_suffix("").parts for path in folder.rglob("*.py")]
    stems = {".".join(part for part in parts if part != "__init__") for parts in names} - {""}
    fingerprints = {name: module.fingerprint(name) for name in stems}
    assert all(len(value) == 16 for value in fingerprints.values())
    modules = module.list_modules("transfer.fine_tuning")
    assert {"transfer.gaussian_process", "transfer.learners.random_forest"} <= {*modules}
    assert "runtime.logs" not in modules


def test_script_counts_with_its_text_and_its_imports(package, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from landshift.middle import VALUE\n")
    hashes = [module.fingerprint_script(script)]
    package("base", "VALUE = 2\n")
    hashes.append(module.fingerprint_script(script))
    script.write_text("from landshift.middle import VALUE\n\nprint(VALUE)\n")
    hashes.append(module.fingerprint_script(script))
    assert len(set(hashes)) == 3


def test_script_does_not_count_with_other_modules_nor_with_logging(package, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import landshift.runtime.logs\nfrom landshift.base import VALUE\n")
    package("logs", "LEVEL = 1\n")
    before = module.fingerprint_script(script)
    package("logs", "LEVEL = 2\n")
    package("alone", "import re\n")
    assert module.fingerprint_script(script) == before
