"""Files made of what an address serves: archives, and files of R."""

import gzip
import hashlib
import os
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rars
import rasterio
import rdata
import yaml

from landshift.acquire.fetch import archives
from landshift.acquire.fetch.archives import unpack
from landshift.acquire.fetch.conversions import convert
from landshift.acquire.fetch.downloads import describe_layer, fetch_layer
from landshift.acquire.fetch.policy import AbsentError, PolicyError
from landshift.acquire.fetch.store import Store
from landshift.acquire.fetch.transfers import ChecksumError
from landshift.acquire.layer import Layer

from . import products

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("LANDSHIFT_MIRROR", ROOT.parent / "shared/data"))
SERVED = os.environ.get("LANDSHIFT_SERVED", "")
"""Folder that holds ``host/path`` of what the addresses of the benchmark serve."""
ATTACKS = int(os.environ.get("LANDSHIFT_ATTACKS", "100"))
UTM = "+proj=utm +zone=17 +south +datum=WGS84 +units=m +no_defs"


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def write_grid(path, values, west, south, size):
    """Write an R file with a grid as RSAGA has it."""
    header = {
        "ncols": values.shape[1], "nrows": values.shape[0], "xllcorner": west, "yllcorner": south,
        "cellsize": size, "nodata_value": -9999.0, "proj4string": UTM,
    }  # fmt: skip
    header = {key: np.array([value]) for key, value in header.items()}
    rdata.write_rda(path, {"dem": {"header": header, "data": values}})


def test_a_grid_of_r_becomes_a_geotiff(tmp_path):
    values = np.array([[1.0, 2.25, np.nan], [-4.5, 5.0, 6.125]])
    write_grid(tmp_path / "dem.rda", values, 700_000.5, 9_550_000.25, 10.0)
    path = convert(tmp_path / "dem.rda", "dem", tmp_path / "made")
    with rasterio.open(path) as source:
        assert source.crs.to_epsg() == 32717 and source.nodata == -9999
        assert tuple(source.transform)[:6] == (10, 0, 700_000.5, 0, -10, 9_550_020.25)
        stored = source.read(1, masked=True).filled(np.nan)
    np.testing.assert_array_equal(stored, values)


def test_a_data_frame_of_r_becomes_a_table(tmp_path):
    table = pd.DataFrame({"x": [714097.726935, 1.5], "slide": pd.Categorical(["TRUE", "FALSE"])})
    rdata.write_rda(tmp_path / "a.rda", {"slides": table})
    path = convert(tmp_path / "a.rda", "slides", tmp_path / "made")
    assert path.read_text() == "x,slide\n714097.726935,1\n1.5,0\n"


def test_what_is_no_object_of_r_is_named(tmp_path):
    rdata.write_rda(tmp_path / "a.rda", {"slides": np.arange(3.0)})
    with pytest.raises(OSError, match=r"a\.rda: has no object 'dem'; it has slides"):
        convert(tmp_path / "a.rda", "dem", tmp_path)
    with pytest.raises(ValueError, match="slides is neither a data frame nor a grid"):
        convert(tmp_path / "a.rda", "slides", tmp_path)
    (tmp_path / "b.rda").write_bytes(b"RDX3 nonsense")
    with pytest.raises(OSError, match=r"b\.rda: is no R file that can be read"):
        convert(tmp_path / "b.rda", "dem", tmp_path)


def pack(path, files):
    """Pack files into an archive of the kind that its ending names."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return
    builder = rars.RarBuilder()
    for name, content in files.items():
        builder.add_bytes(content, name)
    path.write_bytes(builder.to_bytes())


FILES = {
    "a b/slides.shp": b"shape", "a b/slides.dbf": b"table", "a b/slides.shp.xml": b"about",
    "a b/slides_2.shp": b"another", "slides.dbf": b"elsewhere", "read.me": b"text",
}  # fmt: skip


@pytest.mark.parametrize("ending", [".zip", ".rar"])
def test_a_file_and_its_parts_come_out_of_an_archive(tmp_path, ending):
    pack(tmp_path / f"a{ending}", FILES)
    path = unpack(tmp_path / f"a{ending}", "slides.shp", tmp_path / "out")
    found = {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()}
    assert path.name == "slides.shp"
    assert found == {"slides.shp": b"shape", "slides.dbf": b"table", "slides.shp.xml": b"about"}
    assert (
        unpack(tmp_path / f"a{ending}", "a b/*_2.shp", tmp_path / "out").read_bytes() == b"another"
    )
    with pytest.raises(AbsentError, match=r"2 of its files are called '\*\.shp'; name one of them"):
        unpack(tmp_path / f"a{ending}", "*.shp", tmp_path / "out")


@pytest.mark.parametrize("ending", [".zip", ".rar"])
def test_what_is_no_archive_is_named(tmp_path, ending):
    (tmp_path / f"a{ending}").write_bytes(b"<html>sign in</html>")
    with pytest.raises(OSError, match=rf"a\{ending}: is no .* archive that can be read"):
        unpack(tmp_path / f"a{ending}", "*", tmp_path)


@pytest.mark.attack
@pytest.mark.parametrize("ending", [".zip", ".rar"])
def test_an_archive_that_becomes_huge_is_refused(tmp_path, ending, monkeypatch):
    monkeypatch.setitem(archives.MOST_BYTES, "file", 1000)
    monkeypatch.setitem(archives.MOST_BYTES, "document", 1000)
    pack(tmp_path / f"a{ending}", {"a.csv": b"0" * 5000})
    with pytest.raises(PolicyError, match=r"a\.csv becomes .* when it is unpacked"):
        unpack(tmp_path / f"a{ending}", "*", tmp_path / "out")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.attack
@pytest.mark.parametrize("name", ["a.zip", "a.rar", "a.rda"])
def test_a_spoilt_file_gives_a_file_or_a_sentence(tmp_path, name):
    if name == "a.rda":
        write_grid(tmp_path / name, np.ones((4, 3)), 700_000, 9_550_000, 10.0)
        (tmp_path / name).write_bytes(gzip.decompress((tmp_path / name).read_bytes()))
    else:
        pack(tmp_path / name, {"dem.csv": b"x,y" * 500})
    whole = (tmp_path / name).read_bytes()
    chance = random.Random(7)
    for number in range(ATTACKS):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.2:
            content = content[: chance.randrange(len(content))]
        (tmp_path / name).write_bytes(content)
        with suppress(OSError, ValueError):
            convert(tmp_path / name, "dem*" if name != "a.rda" else "dem", tmp_path / str(number))


@pytest.mark.attack
def test_a_name_in_an_archive_never_leaves_its_folder(tmp_path):
    pack(tmp_path / "a.zip", {"../../up/a.csv": b"x", "a\\..\\b.csv": b"y"})
    path = unpack(tmp_path / "a.zip", "*/a.csv", tmp_path / "out")
    assert path == tmp_path / "out/a.csv"
    with pytest.raises(ValueError, match="is no plain file name"):
        unpack(tmp_path / "a.zip", "*b.csv", tmp_path / "out")


def test_a_layer_is_made_of_what_its_address_serves(tmp_path):
    url = "https://example.org/data/slides.zip"
    served = products.place(tmp_path / "mirror", url)
    served.parent.mkdir(parents=True)
    pack(served, FILES)
    digest = checksum(served.read_bytes())
    entry = {
        "url": url, "sha256": checksum(b"shape"), "conversion": "unpacked",
        "sidecars": {"dbf": checksum(b"table")},
        "served": {"sha256": digest, "part": "slides.shp"},
    }  # fmt: skip
    store = Store(tmp_path / "cache", str(tmp_path / "mirror"))
    layer = Layer.parse(entry)
    path = fetch_layer(layer, store)
    assert path.read_bytes() == b"shape" and path.with_suffix(".dbf").read_bytes() == b"table"
    (record,) = describe_layer(layer, path, store)
    assert record["sha256"] == checksum(b"shape") and record["served_sha256"] == digest
    assert record["address"] == url
    wrong = Layer.parse(entry | {"sidecars": {"dbf": "0" * 64}})
    with pytest.raises(ChecksumError, match=r"slides\.zip, slides\.dbf: SHA-256 should be 0000"):
        fetch_layer(wrong, store)


def read_benchmark():
    """List the entries of the benchmark that are made of what is served: region, layer, entry."""
    study = yaml.safe_load((ROOT / "config/benchmark.yaml").read_text())
    for name, region in study["regions"].items():
        for layer, entry in {**region["layers"], "inventory": region["inventory"]}.items():
            if "conversion" in entry:
                yield pytest.param(entry, id=f"{name}-{layer}")


@pytest.mark.skipif(not (REAL / "ecuador_rbsf").is_dir(), reason="no real data beside the project")
def test_r_files_of_the_real_grid_and_table_equal_the_mirror(tmp_path):
    with rasterio.open(REAL / "ecuador_rbsf/dem_rsaga_10m.tif") as source:
        values = source.read(1, masked=True).astype(np.float64).filled(np.nan)
        west, south, size = source.bounds.left, source.bounds.bottom, source.res[0]
        profile = source.profile
    write_grid(tmp_path / "dem.rda", values, west, south, size)
    with rasterio.open(convert(tmp_path / "dem.rda", "dem", tmp_path)) as source:
        np.testing.assert_array_equal(source.read(1, masked=True).filled(np.nan), values)
        assert source.crs == profile["crs"] and source.transform.almost_equals(profile["transform"])
    listed = REAL / "ecuador_rbsf/rsaga_landslides_1535.csv"
    table = pd.read_csv(listed)
    answers = pd.Categorical(np.where(table["lslpts"] == 1, "TRUE", "FALSE"))
    rdata.write_rda(tmp_path / "l.rda", {"landslides": table.assign(lslpts=answers)})
    assert convert(tmp_path / "l.rda", "landslides", tmp_path).read_bytes() == listed.read_bytes()


@pytest.mark.skipif(not SERVED, reason="LANDSHIFT_SERVED names no folder with what is served")
@pytest.mark.skipif(not (REAL / "ecuador_rbsf").is_dir(), reason="no real data beside the project")
@pytest.mark.parametrize("entry", [*read_benchmark()])
def test_what_the_benchmark_makes_equals_the_mirror(tmp_path, entry):
    layer = Layer.parse(entry)
    made = fetch_layer(layer, Store(tmp_path / "made", SERVED))
    mirrored = fetch_layer(layer, Store(tmp_path / "mirrored", str(REAL)))
    if made.suffix == ".tif":
        with rasterio.open(made) as one, rasterio.open(mirrored) as other:
            assert one.crs == other.crs and one.transform == other.transform
            values = [source.read(1, masked=True).filled(np.nan) for source in (one, other)]
        np.testing.assert_array_equal(*values)
    elif made.suffix == ".shp":
        assert gpd.read_file(made).equals(gpd.read_file(mirrored))
    else:
        assert made.read_bytes() == mirrored.read_bytes()
