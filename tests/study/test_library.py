import copy
import json

import numpy as np
import pandas as pd
import pytest

from landshift.acquire.library import LibraryRegion, read_library
from landshift.factors.table import FACTORS, factor_names
from landshift.sampling.library import pack_region, unpack_region, write_edition
from landshift.study.checks import check_study
from landshift.study.library import add_library, find_box
from landshift.study.plan import Plan

KOREA, ECUADOR = "library_korea", "library_ecuador"
INJE = [128.0, 38.1, 128.2, 38.2]


def make_study(box=(10.9, 44.0, 11.2, 44.2), **transfer):
    region = {
        "role": "target",
        "grid": {"resolution_m": 30, "box": list(box)},
        "layers": {"dem": {"recipe": "copernicus_dem"}},
        "inventory": {"file": "landslides.gpkg"},
        "prevalence": 0.01,
    }
    return {"study": "one", "regions": {"valley": region}, "transfer": transfer}


def taught(config, say=lambda sentence: None):
    config = copy.deepcopy(config)
    add_library(config, say=say)
    return sorted(set(config["regions"]) - {"valley"})


def test_a_study_without_sources_learns_from_the_library():
    assert taught(make_study()) == [ECUADOR, KOREA]
    assert taught(make_study(without=[KOREA])) == [ECUADOR]
    assert taught(make_study(sources="regions")) == []
    assert taught(make_study(frozen={"folder": "models", "sha256": "0" * 64})) == []


def test_own_sources_are_enough_unless_both_are_wanted():
    config = make_study()
    config["regions"]["ridge"] = config["regions"]["valley"] | {"role": "source"}
    assert taught(config) == ["ridge"]
    config["transfer"]["sources"] = "both"
    assert taught(config) == [ECUADOR, KOREA, "ridge"]


def test_what_a_target_shares_ground_with_is_left_out_and_told():
    told = []
    assert taught(make_study(box=INJE), told.append) == [ECUADOR]
    (sentence,) = told
    assert "Inje" in sentence and "shares ground with the region valley" in sentence


@pytest.mark.parametrize(
    "config", [{}, {"regions": []}, {"regions": {"a": 1}}, {"regions": {"a": {}}, "transfer": 3}]
)
def test_what_is_no_study_is_left_to_its_check(config):
    add_library(config)


@pytest.mark.parametrize(
    ("box", "other", "shared"),
    [
        ((0, 0, 2, 2), (1, 1, 3, 3), True),
        ((0, 0, 2, 2), (2, 0, 3, 2), False),
        ((0, 0, 2, 2), (0, 2, 2, 3), False),
        ((179, -17, -179, -16), (-179.5, -17, -178, -16), True),
        ((179, -17, -179, -16), (178, -17, 179.5, -16), True),
        ((179, -17, -179, -16), (0, -17, 10, -16), False),
    ],
)
def test_boxes_that_share_ground(box, other, shared):
    stated = dict.fromkeys(LibraryRegion.__dataclass_fields__)
    assert LibraryRegion(**stated | {"box": box}).overlaps(other) is shared
    assert LibraryRegion(**stated | {"box": other}).overlaps(box) is shared


def test_boxes_of_regions_before_their_data_are_there(tmp_path):
    virtual = {"origin": [500000, 5000000], "crs": "EPSG:32632", "size": 100}
    west, south, east, north = find_box({"virtual": virtual})
    assert (west, south) == pytest.approx((9, 45.153), abs=1e-3)
    assert (east - west) * 78.5 == pytest.approx(3, rel=0.02)
    assert (north - south) * 111.1 == pytest.approx(3, rel=0.02)
    grid = {"crs": "EPSG:32632", "bounds": [500000, 5000000, 503000, 5003000]}
    assert find_box({"grid": grid}) == pytest.approx((west, south, east, north))
    missing = {"grid": {"resolution_m": 30}, "layers": {"dem": {"file": str(tmp_path / "no.tif")}}}
    assert find_box(missing) is None


def test_the_plan_of_a_library_study_makes_its_tables_and_nothing_else():
    config = make_study()
    add_library(config)
    plan = Plan(check_study(config, files=False))
    assert plan.sources_of("valley") == [ECUADOR, KOREA] == plan.library
    assert plan.real == ["valley"] == plan.mapped_regions_of("valley")
    expected = {name for group in ("terrain", "drainage") for name in factor_names(group)}
    assert plan.list_shared_factors("valley") == expected
    assert plan.list_left_out("valley") == []


def test_factors_that_the_library_lacks_are_left_out_with_the_reason():
    config = make_study()
    config["factors"] = {"groups": ["terrain", "stability"]}
    config["regions"]["valley"]["layers"]["rainfall"] = {"file": "rain.tif"}
    add_library(config)
    plan = Plan(check_study(config, files=False))
    reasons = plan.explain_left_out("valley")
    assert set(reasons) == {*factor_names("stability")}
    assert set(reasons.values()) == {"no such factor in library_ecuador, library_korea"}


@pytest.mark.parametrize(
    ("region", "sentence"),
    [
        ({"role": "source", "library": "atlantis"}, "must be one of ecuador, korea"),
        ({"role": "both", "library": "korea", "prevalence": 0.1}, "only teaches; state `source`"),
        ({"role": "source", "library": "korea", "grid": {"resolution_m": 30}}, "has its own"),
    ],
)
def test_wrong_regions_of_the_library_are_named(region, sentence):
    config = make_study()
    config["regions"]["other"] = region
    with pytest.raises(ValueError, match=sentence):
        check_study(config, files=False)


def test_tables_are_what_the_index_stands_for_and_fit_this_version():
    known = {name for group in ("terrain", "drainage") for name in factor_names(group)}
    for region in read_library().values():
        samples, background = unpack_region(region)
        assert set(region.factors) == known <= {*samples}
        assert {*known, *(f"{name}_subcell" for name in known)} <= {*background}
        assert samples[["x", "y"]].isna().all(axis=None)
        counts = samples["presence"].value_counts()
        assert counts[1] == min(region.landslides, 400) and set(counts.index) == {0, 1}
        assert len(background) == 1500 and "presence" not in background
        for name in known:
            low, high = FACTORS[name].valid_range
            assert background[name].between(low, high).all()
        assert region.licence in ("CC0-1.0", "Apache-2.0") and region.citation


def test_a_changed_byte_is_refused(tmp_path, monkeypatch):
    region = read_library()[KOREA]
    content = bytearray(region.find_table().read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "korea.parquet").write_bytes(content)
    monkeypatch.setattr("landshift.acquire.library.find_edition", lambda: tmp_path)
    with pytest.raises(ValueError, match="is not the table of the library"):
        unpack_region(region)


def test_a_target_inside_a_region_is_refused_where_only_the_job_can_tell():
    with pytest.raises(ValueError, match=r"transfer.without: \[library_korea\]"):
        unpack_region(read_library()[KOREA], [INJE])


def draw(count, seed, **columns):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"x": generator.uniform(size=count), "y": 1.0, "block": 3})
    for name in ("slope", "slope_subcell", "twi", "own_factor"):
        table[name] = generator.normal(size=count)
    return table.assign(region="ash", **columns)


def test_packing_keeps_values_and_no_places():
    samples = draw(30, 1, presence=np.arange(30) % 2)
    table, factors = pack_region(samples, draw(40, 2))
    assert factors == ("slope", "twi")
    assert list(table) == ["block", "presence", "slope", "twi", "slope_subcell"]
    assert table["presence"].value_counts().to_dict() == {255: 40, 1: 15, 0: 15}
    own = table.loc[table["presence"] == 1, "slope"].to_numpy()
    np.testing.assert_array_equal(
        own, samples.loc[samples["presence"] == 1, "slope"].astype(np.float32)
    )


def test_packing_limits_what_pretraining_would_not_read():
    table, _ = pack_region(draw(3000, 1, presence=np.arange(3000) % 2), draw(2000, 2))
    assert table["presence"].value_counts().to_dict() == {255: 1500, 1: 400, 0: 800}


def test_an_edition_is_written_with_its_index(tmp_path):
    from landshift.acquire.virtual.regions import generate_virtual_region
    from landshift.geodata.raster import write_raster

    folder = tmp_path / "results" / "regions" / "ash"
    (folder / "layers").mkdir(parents=True)
    region = generate_virtual_region(
        "ash", seed=1, origin=(500000, 5000000), crs="EPSG:32632", size=32, landslides=5
    )
    write_raster(region.layers["dem"], folder / "layers" / "dem.tif")
    draw(30, 1, presence=np.arange(30) % 2).to_parquet(folder / "samples.parquet")
    draw(40, 2).to_parquet(folder / "background.parquet")
    edition = tmp_path / "2030.1"
    edition.mkdir()
    (edition / "about.toml").write_text('[ash]\ntitle = "Ash"\nlicence = "CC0-1.0"\n')
    assert write_edition(tmp_path / "results", edition) == ["ash"]
    index = json.loads((edition / "index.json").read_text())
    entry = index["regions"]["ash"]
    assert index["edition"] == "2030.1" and entry["title"] == "Ash" and entry["landslides"] == 15
    assert entry["box"] == pytest.approx([9, 45.1534, 9.0122, 45.162], abs=2e-4)
    first = (edition / "ash.parquet").read_bytes()
    write_edition(tmp_path / "results", edition)
    assert (edition / "ash.parquet").read_bytes() == first
