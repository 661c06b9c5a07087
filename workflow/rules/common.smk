"""What the rules know about the study: paths and wildcards; what is made is in the plan."""

import hashlib
from contextlib import suppress
from pathlib import Path

from landshift.acquire.library import read_library
from landshift.runtime.compiled_cache import drop_stale_kernels
from landshift.runtime.files import hash_contents
from landshift.runtime.fingerprint import fingerprint_script
from landshift.runtime.slices import Slice
from landshift.study import outputs
from landshift.study.origins import EXTENT, list_files
from landshift.study.plan import Plan, place_grids
from landshift.transfer.manifest import read_frozen_factors, read_frozen_places

REGIONS = config["regions"]
FROZEN = config["transfer"]["frozen"]
LEARNERS = config["transfer"]["learners"]
# a report is written without a number of cores
ALL_CORES = workflow.resource_settings.cores or 1
# `workflow.basedir` is another folder where the main file is workflow/Snakefile
ROOT = Path(str(workflow.current_basedir)).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"

drop_stale_kernels()

PLAN = Plan(STUDY, explain(read_frozen_factors, FROZEN))
FROZEN_PLACES = explain(read_frozen_places, FROZEN)
TARGETS = PLAN.targets


def take_cores(number):
    """Declare the threads of a job: one for a generated region, which is small."""
    return lambda wildcards: 1 if wildcards.region in PLAN.virtual else number


def take_memory(base_mb, bytes_per_cell, most_cells):
    """Declare the memory [MB] of a job by the cells of its DEM, of which so many are held at most.

    A further attempt gets more, as by the profile for SLURM.
    """

    def count_mb(wildcards, input, attempt):
        Path(input.detail).stat()  # unknown as long as there is no such file: FileNotFoundError
        cells = most_cells  # where only Snakemake is installed, a header cannot be read
        with suppress(ModuleNotFoundError):
            from landshift.geodata.opening import count_cells

            cells = min(count_cells(input.detail), most_cells)
        return attempt * (base_mb + round(cells * bytes_per_cell / 1e6))

    return count_mb


def any_of(names):
    """Write a wildcard constraint that allows only these names; none allows nothing."""
    return "|".join(sorted(names)) or "(?!)"


wildcard_constraints:
    region=any_of(REGIONS),
    target=any_of(PLAN.all_targets),
    source=any_of(PLAN.real),
    group="[a-z]+",
    layer="(?!(dem|dem_detail|extent)[.])[a-z][a-z0-9_]*",
    inventory="inventory|validation",


def hash_script(rule):
    """Hash the script of a rule and what it imports, so that an edit of either reruns its jobs."""
    return fingerprint_script(SCRIPTS / f"{rule}.py")


def hash_methods():
    """Hash the page of the methods: where the checkout lies is no reason to write it again."""
    return hashlib.sha256((ROOT / "docs" / "methods.md").read_bytes()).hexdigest()


def hash_viewer():
    """Hash the parts of the page of all maps, so that an edit of one writes it anew."""
    parts = sorted((ROOT / "workflow" / "viewer").glob("*.*"))
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def hash_files(*entries):
    """Hash the local files of entries, so that a file replaced by an older one reruns its jobs too."""
    return hash_contents(file for entry in entries if entry != EXTENT for file in list_files(entry))


def find_entry(region, name):
    """Find where a layer or an inventory of a region that is read comes from."""
    if name == "surveyed":
        return REGIONS[region]["inventory"]["surveyed"]
    if name in ("inventory", "validation"):
        return REGIONS[region][name]
    return REGIONS[region]["layers"][name]


def find_files(region, name):
    """Find the local files of a layer: as inputs, their change reruns the job; addresses have none."""
    entry = find_entry(region, name)
    return [] if entry == EXTENT else list_files(entry)


def describe_origin(region, layer):
    """Describe where a layer comes from, and whether its classes have names, but not which."""
    entry = find_entry(region, layer)
    stated = {key: entry[key] for key in entry if key not in ("legend", "classes")}
    return stated | ({"named": True} if len(stated) < len(entry) else {})


def describe_own(region):
    """Describe the layers that a region's configuration makes factors, by name."""
    return {name: find_entry(region, name)["factor"] for name in PLAN.list_own(region)}


GRIDS = explain(place_grids, STUDY, REGIONS)


def below_results(files):
    """Write paths below the folder of results as the rules do."""
    return [f"<results>/{file}" for file in files]


def list_of_regions(regions, *files):
    """List files of regions."""
    return below_results(f"regions/{region}/{file}" for file in files for region in regions)


def list_of_targets(file, wanted=True):
    """List a file of every target, in their order, if the study makes such files."""
    return below_results(f"targets/{target}/{file}" for target in TARGETS if wanted)


def find_ground(region):
    """Find the raster that spans a region: its elevation, or where it has none its extent."""
    name = "dem" if STUDY.regions[region].has_elevations else "extent"
    return f"<results>/regions/{region}/layers/{name}.tif"


def find_detail(region):
    """Find the elevation that factors are derived from: on smaller cells than the grid's, if any."""
    return f"<results>/regions/{region}/layers/dem_detail.tif"


def list_factor_files(region):
    """List the factor files of a region."""
    return list_of_regions(
        [region], *(f"factors/{group}.tif" for group in PLAN.list_groups(region))
    )


def find_known_places(target):
    """Find where the sources of frozen models lie: what happened there they may have learned."""
    return Slice({} if target in PLAN.virtual else FROZEN_PLACES)


def list_of_sources(target, file):
    """List a table of every source of a target, without the ground of the target if they share it."""
    return below_results(
        (
            f"targets/{target}/sources/{source}/{file}"
            if PLAN.may_share_ground(target, source)
            else f"regions/{source}/{file}"
        )
        for source in PLAN.known_sources_of(target)
    )


def list_shared(target):
    """List what is known of the ground that a target may share with each of its sources."""
    return below_results(outputs.list_shared(PLAN, target))


def list_break_sources(target):
    """List the background of the sources, where they settle the limits of the classes."""
    stated = config["maps"]["breaks"] == "sources"
    return list_of_sources(target, "background.parquet") if stated else []


def list_source_models(target):
    """List the source models that a target is fine-tuned from: its own, or frozen ones."""
    if PLAN.is_untaught:
        return below_results(["sources/none/lr"])
    folder = "frozen" if FROZEN else PLAN.find_teacher(target)
    return below_results(f"sources/{folder}/{learner}" for learner in LEARNERS)


def list_surveyed(region):
    """List the area of a region in which landslides were looked for, if it is stated."""
    stated = "surveyed" in REGIONS[region].get("inventory", {})
    return list_of_regions([region] * stated, "surveyed.tif")


def describe_surveys(target):
    """Describe by region how it is stated where landslides were looked for."""
    return {
        region: "extent" if find_entry(region, "surveyed") == EXTENT else "file"
        for region in PLAN.real_regions_of(target)
        if "surveyed" in REGIONS[region]["inventory"]
    }


def list_validation(target):
    """List the file of later landslides of a target, if it has one."""
    known = target in PLAN.virtual or "validation" in REGIONS[target]
    return list_of_regions([target] * known, "validation.gpkg")


def list_site():
    """List the description of the place that `lon` and `lat` name."""
    if "lon" not in config or "lat" not in config:
        raise WorkflowError(
            "the target `site` needs a place: add --config lon=... lat=... [degree]"
        )
    return f"<results>/sites/{config['lon']}_{config['lat']}.txt"


def list_transfer_scores():
    """List the tables of the transfer benchmark before they are gathered: by target and group."""
    groups = config["benchmark"]["groups"] if PLAN.benchmark_targets else []
    return expand(
        "<results>/benchmark/{target}/{group}.parquet", target=PLAN.benchmark_targets, group=groups
    )


def choose_draws():
    """Choose the settings of the benchmark that the scores of one target and group depend on."""
    stated = config["benchmark"] or {}
    return {key: stated[key] for key in stated if key not in ("groups", "targets")}


def choose_regime():
    """Choose the regime whose curves are drawn: that of a map, if it was measured."""
    regimes = config["benchmark"]["regimes"] if PLAN.benchmark_targets else []
    return "transductive" if "transductive" in regimes else "inductive"
