"""The table of factors."""

import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from landshift.factors import table
from landshift.factors.table import (
    FACTORS,
    GROUPS,
    HIGHEST_CODE,
    WHOLE_REGION,
    Factor,
    class_factor,
    factor_names,
    line_density,
    line_distance,
    own_factor,
)


def test_keys_are_names():
    assert all(name == factor.name for name, factor in FACTORS.items())


@pytest.mark.parametrize("factor", FACTORS.values(), ids=lambda factor: factor.name)
def test_entries_are_complete(factor: Factor):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", factor.name)
    assert factor.group in GROUPS
    assert factor.units
    assert factor.long_name
    assert factor.reference
    low, high = factor.valid_range
    assert low < high
    assert factor.halo_m >= 0


def test_every_reference_is_cited():
    groups = tomllib.loads(Path(table.__file__).with_suffix(".toml").read_text())
    references = groups.pop("references")
    cited = {key for rows in groups.values() for row in rows.values() for key in row["references"]}
    assert cited == set(references)
    assert set(groups) == set(GROUPS) - {"own"}


def test_codes_are_exact_in_float32():
    exact = [int(np.float32(code)) == code for code in (HIGHEST_CODE, HIGHEST_CODE + 1)]
    assert exact == [True, False]


def test_names_state_their_window():
    for factor in FACTORS.values():
        match = re.search(r"_(\d+)m$", factor.name)
        if match:
            assert factor.halo_m == float(match[1])


def test_groups_partition_the_table():
    assert sorted(name for group in GROUPS for name in factor_names(group)) == sorted(FACTORS)


def test_unknown_group_is_refused():
    with pytest.raises(ValueError, match="no group of factors is called 'terrian'"):
        factor_names("terrian")


def test_halo_counts_cells():
    assert FACTORS["slope"].halo_cells(30.0) == 1
    assert FACTORS["tpi_900m"].halo_cells(30.0) == 31
    assert FACTORS["tpi_90m"].halo_cells(250.0) == 2


def test_whole_region_has_no_halo():
    assert math.isinf(WHOLE_REGION)
    with pytest.raises(ValueError, match="depends on the whole region"):
        FACTORS["twi"].halo_cells(30.0)


def test_line_layers_never_take_the_name_of_another_group():
    assert line_distance("rivers").name == "mapped_river_distance"
    assert line_distance("stream").name == "mapped_stream_distance"
    assert line_distance("fault") == line_distance("faults") == FACTORS["fault_distance"]
    assert line_distance("power lines").name == "power_line_distance"


def test_densities_are_named_like_distances():
    for layer in ("faults", "rivers", "power lines"):
        distance, density = line_distance(layer).name, line_density(layer).name
        assert density == distance.replace("_distance", "_density")
    assert line_density("fault") == FACTORS["fault_density"]


def test_own_factors_never_take_a_name_of_the_table():
    own = own_factor("thickness", units="m", long_name="thickness of soil")
    assert (own.name, own.group, own.units) == ("thickness", "own", "m")
    with pytest.raises(ValueError, match="the group terrain has one of that name"):
        own_factor("slope", units="degree", long_name="my slope")


def test_layers_of_codes_are_class_factors():
    assert class_factor("land_cover") is FACTORS["land_cover"]
    assert class_factor("soil").group == class_factor("forest_type").group == "ground"
    assert class_factor("forest_type").long_name == "forest type (class code)"
    assert {name for name, factor in FACTORS.items() if factor.classes} == {
        *("land_cover", "lithology", "soil")
    }
    with pytest.raises(ValueError, match="cannot be called slope, because the group terrain"):
        class_factor("slope")
