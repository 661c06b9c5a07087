"""Landslide susceptibility where landslide data are few: two-stage transfer fine-tuning.

The names below are those that a notebook needs, from an elevation model and an inventory to a map
and its score; each says in its documentation how it is used. The rooms of the package hold the
rest: `landshift.factors`, `landshift.sampling`, `landshift.transfer`, `landshift.mapping`,
`landshift.evaluation`, `landshift.report`.

Examples
--------
>>> import landshift
>>> region = landshift.generate_virtual_region(
...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=64, landslides=40
... )
>>> factors = landshift.derive_terrain_factors(region.layers["dem"])
>>> len(factors) > 20
True
"""

from landshift.runtime.compiled_cache import place_kernels
from landshift.runtime.gdal_drivers import switch_off_drivers
from landshift.runtime.lazy import hand_on

__version__ = "0.1.0"

# before GDAL starts, which the names below do when they are first asked for
switch_off_drivers()
# before Numba starts
place_kernels()

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "acquire.inventory.cleaning": ["clean_inventory"],
        "acquire.inventory.reading": ["read_inventory"],
        "acquire.virtual.regions": ["generate_virtual_region"],
        "evaluation.benchmark.run": ["RegionTables", "run_transfer_benchmark"],
        "evaluation.rate_curves": ["prediction_rate_curve"],
        "factors.drainage.derive": ["derive_drainage_factors"],
        "factors.terrain.derive": ["derive_terrain_factors"],
        "geodata.cog": ["write_cog"],
        "geodata.raster": ["open_raster", "read_factors", "write_factors", "write_raster"],
        "mapping.classes": ["class_breaks", "classify_susceptibility"],
        "mapping.predict": ["map_susceptibility"],
        "sampling.draw": ["draw_background", "draw_samples"],
        "sampling.selection": ["select_factors"],
        "sampling.shots": ["draw_shots"],
        "transfer.fine_tuning": ["fine_tune_target"],
        "transfer.pretraining": ["pretrain_sources"],
        "transfer.storage": ["load_model", "save_model"],
    },
)
