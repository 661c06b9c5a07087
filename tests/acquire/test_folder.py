"""What counts as an inventory among the files of a folder."""

from landshift.acquire.inventory.folder import list_inventories


def test_every_main_file_counts_by_name(tmp_path):
    for name in ("winter.gpkg", "a.shp", "a.shx", "a.dbf", "a.prj", "mask.tif", "mask.tif.aux.xml"):
        (tmp_path / name).touch()
    for name in ("README.md", ".winter.gpkg.part", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "older").mkdir()
    (tmp_path / "older" / "b.gpkg").touch()
    assert [path.name for path in list_inventories(tmp_path)] == [
        "a.shp",
        "mask.tif",
        "winter.gpkg",
    ]


def test_a_file_of_an_unknown_kind_is_not_passed_over(tmp_path):
    (tmp_path / "slides.xyz").touch()
    assert list_inventories(str(tmp_path)) == [tmp_path / "slides.xyz"]
