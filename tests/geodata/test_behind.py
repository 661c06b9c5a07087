"""What is behind a file: parts, members and tiles, each of which makes a job read again."""

import pytest

from landshift.geodata.behind import is_pattern, list_parts, list_rasters
from landshift.runtime.files import hash_contents
from landshift.study.origins import list_files

from .test_opening import describe_raster, write_raster


@pytest.mark.parametrize(
    ("main", "beside"),
    [
        ("dem.tif", ["dem.tfw", "dem.tifw", "dem.wld", "dem.tif.aux.xml", "dem.aux.xml",
                     "dem.tif.ovr", "dem.tif.msk", "dem.tif.msk.ovr", "dem.prj"]),
        ("DEM.TIF", ["DEM.TFW", "dem.tif.aux.xml"]),
        ("dem.asc", ["dem.prj", "dem.asc.aux.xml"]),
        ("dem.bil", ["dem.hdr", "dem.blw", "dem.stx"]),
        ("dem.jp2", ["dem.j2w"]),
        ("slides.shp", ["slides.shx", "slides.dbf", "slides.prj", "slides.cpg"]),
    ],
)  # fmt: skip
def test_all_that_is_read_with_a_file_is_listed(tmp_path, main, beside):
    others = ["dem2.tfw", "other.prj", "dem.gpkg", "dem.txt", "slides.qix"]
    for name in (main, *beside, *others):
        (tmp_path / name).touch()
    found = list_files({"file": str(tmp_path / main)})
    assert found[0] == str(tmp_path / main)
    assert sorted(found) == sorted(str(tmp_path / name) for name in (main, *beside))


def test_members_of_a_vrt_and_their_parts_are_listed(tmp_path):
    for name in ("a.tif", "b.tif"):
        write_raster(tmp_path / "tiles" / name)
    (tmp_path / "tiles" / "b.tif.aux.xml").touch()
    (tmp_path / "east.vrt").write_text(describe_raster("tiles/b.tif"))
    whole = tmp_path / "whole.vrt"
    second = describe_raster("east.vrt").partition("</GeoTransform>")[2]
    whole.write_text(describe_raster("tiles/a.tif").replace("</VRTDataset>", second))
    names = ["whole.vrt", "tiles/a.tif", "east.vrt", "tiles/b.tif", "tiles/b.tif.aux.xml"]
    assert list_parts([whole]) == [tmp_path / name for name in names]


def test_a_member_that_changes_is_another_content(tmp_path):
    write_raster(tmp_path / "tiles" / "a.tif")
    (tmp_path / "dem.vrt").write_text(describe_raster("tiles/a.tif"))
    entry = {"file": str(tmp_path / "dem.vrt")}
    before = hash_contents(list_files(entry))
    assert hash_contents(list_files(entry)) == before
    with (tmp_path / "tiles" / "a.tif").open("ab") as tile:
        tile.write(b"0")
    after = hash_contents(list_files(entry))
    (tmp_path / "tiles" / "a.tif.ovr").touch()
    assert len({before, after, hash_contents(list_files(entry))}) == 3


@pytest.mark.parametrize("content", ["no XML", describe_raster("lost.tif"), ""])
def test_a_spoilt_vrt_is_listed_alone(tmp_path, content):
    (tmp_path / "dem.vrt").write_text(content)
    assert list_parts([tmp_path / "dem.vrt"]) == [tmp_path / "dem.vrt"]


def test_a_folder_or_a_pattern_stands_for_its_rasters(tmp_path):
    for name in ("b.tif", "a.TIF", "notes.pdf", "a.tfw", ".c.tif", "deep/d.tif", "x.vrt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "[odd].tif").touch()
    assert [path.name for path in list_rasters(tmp_path)] == ["[odd].tif", "a.TIF", "b.tif"]
    assert [path.name for path in list_rasters(f"{tmp_path}/**/[bd].tif")] == ["b.tif", "d.tif"]
    assert list_rasters(tmp_path / "*.gpkg") == []
    assert list_rasters(tmp_path / "b.tif") is None
    assert list_rasters(tmp_path / "[odd].tif") is None and not is_pattern(tmp_path / "[odd].tif")
    assert list_rasters(tmp_path / "lost.tif") is None
    files = list_files({"file": f"{tmp_path}/?.*"})
    assert {"a.TIF", "b.tif", "a.tfw"} <= {path.rpartition("/")[2] for path in files}
