"""What the headers of local elevation models say against the grids of their regions.

The command ``landshift study`` asks. A workflow does not: it is planned where nothing can read a
raster, and to load what can takes a third of the time of a plan. Its first jobs say the same.
"""

from collections.abc import Iterator

from landshift.study.model import Study
from landshift.study.origins import Layer
from landshift.study.parts import Problem
from landshift.study.regions import Region
from landshift.study.texts import raise_problems


def check_headers(study: Study) -> None:
    """Check that every region can have its grid, as far as the header of its own raster tells.

    Parameters
    ----------
    study
        A study whose files are there.

    Raises
    ------
    ValueError
        With every problem found, each by the path of its key and with its remedy.
    """
    raise_problems(
        problem for name in sorted(study.regions) for problem in _find_problems(name, study)
    )


def _find_problems(name: str, study: Study) -> Iterator[Problem]:
    region = study.regions[name]
    for key in ("dem", "extent"):
        layer = (region.layers or {}).get(key)
        if layer and layer.file:
            try:
                _plan(region, key, layer)
            except (ValueError, OSError) as error:
                yield f"regions.{name}.layers.{key}.file", str(error)


def _plan(region: Region, key: str, layer: Layer) -> None:
    # what reads rasters takes a second to load, for which a study of virtual regions need not wait
    from landshift.acquire.layers.checks import check_header
    from landshift.geodata.grids import plan_grid
    from landshift.geodata.raster import BLOCK, open_raster

    raster = open_raster(layer.file, chunks=BLOCK, band=layer.band)
    if key == "dem":
        check_header(raster, origin=layer.file, units=layer.units)
    stated = region.grid.model_dump(include={"crs", "resolution_m", "bounds", "box"})
    plan_grid(raster, origin=layer.file, **stated)
