"""What the rules know about the study: its regions, their layers, and the files to make."""

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path

from landshift.runtime.files import hash_contents
from landshift.factors.table import FACTORS, factor_names, line_density, line_distance, own_factor
from landshift.runtime.fingerprint import fingerprint_script
from landshift.runtime.compiled_cache import drop_stale_kernels
from landshift.transfer.manifest import read_manifest
from landshift.study.regions import follows_inventory
from landshift.study.regions import list_benchmark_targets, list_sources, list_targets, sources_of
from landshift.study.origins import is_vector, list_files
from landshift.study.region_checks import RELIEF_GROUPS, SURFACE_LAYERS

REGIONS = config["regions"]
SOURCES = list_sources(config)
TARGETS = list_targets(config)
BENCHMARK_TARGETS = list_benchmark_targets(config)
VIRTUAL = [name for name in REGIONS if "virtual" in REGIONS[name]]
REAL = [name for name in REGIONS if name not in VIRTUAL]
LEARNERS = config["transfer"]["learners"]
KNOWN_SOURCES = not config["transfer"]["frozen"]
# a report is written without a number of cores
ALL_CORES = workflow.resource_settings.cores or 1
# `workflow.basedir` is another folder where the main file is workflow/Snakefile
ROOT = Path(str(workflow.current_basedir)).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"

drop_stale_kernels()


def take_cores(number):
    """Declare the threads of a job: one for a generated region, which is small."""
    return lambda wildcards: 1 if wildcards.region in VIRTUAL else number


def take_memory(base_mb, bytes_per_cell, most_cells):
    """Declare the memory [MB] of a job by the cells of its DEM, of which so many are held at most.

    A further attempt gets more, as by the profile for SLURM.
    """

    def count_mb(wildcards, input, attempt):
        Path(input.detail).stat()  # unknown as long as there is no such file: FileNotFoundError
        cells = most_cells  # where Snakemake alone is installed, a header cannot be read
        with suppress(ModuleNotFoundError):
            cells = min(count_cells(input.detail), most_cells)
        return attempt * (base_mb + round(cells * bytes_per_cell / 1e6))

    return count_mb


def count_cells(path):
    """Count the cells of a raster; 0 if it cannot be read: the job itself says what is wrong."""
    from landshift.geodata.opening import open_dataset
    from rasterio.errors import RasterioIOError

    try:
        with open_dataset(path) as dem:
            return dem.width * dem.height
    except (RasterioIOError, ValueError):
        return 0


def any_of(names):
    """Write a wildcard constraint that allows these names alone; none allows nothing."""
    return "|".join(sorted(names)) or "(?!)"


wildcard_constraints:
    region=any_of(REGIONS),
    target=any_of({*TARGETS, *BENCHMARK_TARGETS}),
    group="[a-z]+",
    layer="(?!(dem|dem_detail|extent)[.])[a-z][a-z0-9_]*",
    inventory="inventory|validation",


def hash_script(rule):
    """Hash the script of a rule and what it imports, so that an edit of either reruns its jobs."""
    return fingerprint_script(SCRIPTS / f"{rule}.py")


def hash_methods():
    """Hash the page of the methods: where the checkout lies is no reason to write it again."""
    return hashlib.sha256((ROOT / "docs" / "methods.md").read_bytes()).hexdigest()


def find_entry(region, name):
    """Find where a layer or an inventory of a region that is read comes from."""
    if name == "surveyed":
        return REGIONS[region]["inventory"]["surveyed"]
    if name in ("inventory", "validation"):
        return REGIONS[region][name]
    return REGIONS[region]["layers"][name]


@cache
def describe_grid(region):
    """Describe the grid of a region, with an extent where its inventory alone says where it is."""
    grid = dict(REGIONS[region]["grid"])
    buffer_m = grid.pop("buffer_m")
    if not follows_inventory(REGIONS[region]):
        return grid
    from landshift.acquire.inventory.reading import COLUMN_KEYS, gather_inventory
    from landshift.acquire.inventory.bounds import bound_landslides

    entry = find_entry(region, "inventory")
    stated = {key: entry[key] for key in COLUMN_KEYS if key in entry}
    try:
        landslides, _ = gather_inventory(entry["file"], **stated)
        return grid | bound_landslides(
            landslides, buffer_m=buffer_m, crs=grid.get("crs"), origin=entry["file"]
        )
    except (ValueError, OSError) as error:
        raise WorkflowError(f"regions.{region}.inventory: {error}") from None


for name in REAL:
    describe_grid(name)


def find_files(region, name):
    """Find the local files of a layer: as inputs, their change reruns the job; addresses have none."""
    return list_files(find_entry(region, name))


def hash_files(*entries):
    """Hash the local files of entries, so that a file replaced by an older one reruns its jobs too."""
    return hash_contents(file for entry in entries for file in list_files(entry))


def has_elevations(region):
    """Tell whether a region has an elevation model, or merely an extent."""
    return region in VIRTUAL or "dem" in REGIONS[region]["layers"]


def find_ground(region):
    """Find the raster that spans a region: its elevation, or where it has none its extent."""
    name = "dem" if has_elevations(region) else "extent"
    return f"<results>/regions/{region}/layers/{name}.tif"


def find_detail(region):
    """Find the elevation that factors are derived from: on smaller cells than the grid's, if any."""
    name = "dem" if region in VIRTUAL else "dem_detail"
    return f"<results>/regions/{region}/layers/{name}.tif"


def list_lines(region):
    """List the layers of lines of a region."""
    layers = REGIONS[region].get("layers", {})
    return [name for name in sorted(layers) if is_vector(layers[name])]


def list_climate(region):
    """List the climate layers of a region."""
    layers = ["rainfall"] if region in VIRTUAL else REGIONS[region]["layers"]
    return [name for name in factor_names("climate") if name in layers]


def describe_own(region):
    """Describe the layers that a region's configuration makes factors, by name."""
    layers = REGIONS[region].get("layers", {})
    return {name: layers[name]["factor"] for name in sorted(layers) if "factor" in layers[name]}


def list_own(region):
    """List the layers that a region's configuration makes factors."""
    return list(describe_own(region))


def list_own_units(regions):
    """List the units of the user's own factors in some regions."""
    stated = [item for region in regions for item in describe_own(region).items()]
    return {name: factor["units"] for name, factor in sorted(stated)}


def check_own():
    """Refuse layers that would be factors under the name of another factor."""
    for region in REAL:
        for name, stated in describe_own(region).items():
            try:
                own_factor(name, **stated)
            except ValueError as error:
                raise WorkflowError(f"regions.{region}.layers.{name}: {error}") from None


check_own()


def list_groups(region):
    """List the files of factors that a region has the layers for."""
    layers = REGIONS[region].get("layers", {})
    missing = {"ground"} if list_lines(region) else {"ground", "proximity"}
    if not has_elevations(region):
        missing |= RELIEF_GROUPS
    if not list_climate(region):
        missing.add("climate")
    if not SURFACE_LAYERS <= set(layers):
        missing.add("surface")
    classes = [file for file in ("ground", "land_cover") if list_class_layers(region, file)]
    own = ["own"] if list_own(region) else []
    measured = [group for group in config["factors"]["groups"] if group not in missing]
    return measured + classes + own


def list_optional_factors(region):
    """List the factors of a region that another region may lack."""
    groups, lines = list_groups(region), list_lines(region)
    names = {*list_own(region), *list_class_factors(region)}
    # what the sources of frozen models have is unknown here
    if not (KNOWN_SOURCES and all(map(has_elevations, REGIONS))):
        names |= {name for group in RELIEF_GROUPS & set(groups) for name in factor_names(group)}
    if "proximity" in groups:
        names |= {factor(line).name for line in lines for factor in (line_distance, line_density)}
    if "climate" in groups:
        names |= set(list_climate(region))
    if "surface" in groups:
        names |= {name for name in factor_names("surface") if not FACTORS[name].classes}
    return names


def explain_left_out(target):
    """Explain which factors the models of a target's sources do without: names and reasons."""
    regions = sorted({target, *sources_of(config, target)})
    names = {region: list_optional_factors(region) for region in regions}
    classes = {name for region in regions for name in list_class_factors(region)}
    reasons = {}
    for name in sorted(set.union(*names.values())):
        lacking = [region for region in regions if name not in names[region]]
        if lacking:
            reasons[name] = f"no such factor in {', '.join(lacking)}"
        elif name in classes and name not in find_shared_legends(target):
            reasons[name] = f"its codes have no legend in common in {', '.join(regions)}"
    return reasons


@cache
def list_frozen_factors():
    """List the factors of the frozen source models."""
    try:
        return read_manifest(config["transfer"]["frozen"]["folder"])["factors"]
    except ValueError as error:
        raise WorkflowError(f"transfer.frozen.folder: {error}") from None
    except KeyError as error:
        raise WorkflowError(f"transfer.frozen.folder: manifest.json states no {error}") from None


def list_left_out(target):
    """List the factors of a target that the source models behind its map do without."""
    if KNOWN_SOURCES:
        return list(explain_left_out(target))
    return sorted(list_optional_factors(target) - {*list_frozen_factors()})


def list_factor_files(region):
    """List the factor files of a region."""
    return [f"<results>/regions/{region}/factors/{group}.tif" for group in list_groups(region)]


def list_tables(regions, table):
    """List the sample or background tables of regions."""
    return [f"<results>/regions/{region}/{table}.parquet" for region in regions]


def list_break_sources(target):
    """List the background of the sources, where they settle the limits of the classes."""
    sources = sources_of(config, target) if config["maps"]["breaks"] == "sources" else []
    return list_tables(sources, "background")


def list_frozen():
    """List the manifest of the frozen source models, if the study uses any."""
    frozen = config["transfer"]["frozen"]
    return [f"{frozen['folder']}/manifest.json"] if frozen else []


def list_source_models(target):
    """List the source models that a target is fine-tuned from: its own, or frozen ones."""
    folder = "frozen" if config["transfer"]["frozen"] else target
    return [f"<results>/sources/{folder}/{learner}" for learner in LEARNERS]


def list_surveyed(region):
    """List the area of a region in which landslides were looked for, if it is stated."""
    stated = region in REAL and "surveyed" in REGIONS[region]["inventory"]
    return [f"<results>/regions/{region}/surveyed.tif"] if stated else []


def list_validation(target):
    """List the file of later landslides of a target, if it has one."""
    known = target in VIRTUAL or "validation" in REGIONS[target]
    return [f"<results>/regions/{target}/validation.gpkg"] if known else []


def list_records(region):
    """List the records of where the layers and inventories of a region came from."""
    lines = list_lines(region)
    files = [
        f"layers/{layer}.{'gpkg' if layer in lines else 'tif'}.json"
        for layer in sorted(REGIONS[region]["layers"])
    ]
    files += [
        f"{name}.gpkg.json" for name in ("inventory", "validation") if name in REGIONS[region]
    ]
    files += ["surveyed.tif.json"] if list_surveyed(region) else []
    return expand(f"<results>/regions/{region}/{{file}}", file=files)


def list_maps():
    """List the maps that the study publishes."""
    kinds = ["susceptibility", "susceptibility_lower", "susceptibility_upper", "uncertainty"]
    # How far a target is from the samples of its sources is known only where these are.
    kinds += [] if config["transfer"]["frozen"] else ["dissimilarity", "applicability"]
    kinds += ["classes"]
    maps = expand("<results>/targets/{target}/{kind}.tif", target=TARGETS, kind=kinds)
    return maps + list_mosaic()


def list_mosaic():
    """List the maps that join those of all targets, if the study has a mosaic."""
    kinds = ["susceptibility", "classes"] if config["mosaic"] else []
    return expand("<results>/mosaic/{kind}.tif", kind=kinds)


def list_scores():
    """List the tables that judge and explain the maps; the truth is known of virtual regions."""
    tables = ["rate_curve", "classes"]
    tables += ["priorities"] if config["priorities"] else []
    scores = expand("<results>/targets/{target}/{table}.csv", target=TARGETS, table=tables)
    classed = [target for target in TARGETS if list_model_classes(target)]
    scores += expand("<results>/targets/{target}/classes_seen.csv", target=classed)
    if config["transfer"]["frozen"]:
        # All else compares the target with the sources' data, which are not here.
        return scores
    virtual = [target for target in TARGETS if target in VIRTUAL]
    scores += expand("<results>/targets/{target}/truth.csv", target=virtual)
    scores += expand("<results>/targets/{target}/drivers.csv", target=TARGETS)
    return scores + expand("<results>/sources/{target}/similarity.csv", target=TARGETS)


def list_site():
    """List the description of the place that `lon` and `lat` name."""
    if "lon" not in config or "lat" not in config:
        raise WorkflowError(
            "the target `site` needs a place: add --config lon=... lat=... [degree]"
        )
    return f"<results>/sites/{config['lon']}_{config['lat']}.txt"


def list_benchmark():
    """List the tables of the transfer benchmark, if the study has one."""
    tables = ["transfer.parquet", "transfer.csv", "summary.csv", "dominance.csv"]
    return expand("<results>/benchmark/{table}", table=tables) if BENCHMARK_TARGETS else []


def list_transfer_scores():
    """List the tables of the transfer benchmark before they are gathered: by target and group."""
    groups = config["benchmark"]["groups"] if BENCHMARK_TARGETS else []
    return expand(
        "<results>/benchmark/{target}/{group}.parquet", target=BENCHMARK_TARGETS, group=groups
    )


def choose_draws():
    """Choose the settings of the benchmark that the scores of one target and group depend on."""
    settings = config["benchmark"] or {}
    return {key: settings[key] for key in settings if key not in ("groups", "targets")}


def choose_regime():
    """Choose the regime whose curves are drawn: that of a map, if it was measured."""
    regimes = config["benchmark"]["regimes"] if BENCHMARK_TARGETS else []
    return "transductive" if "transductive" in regimes else "inductive"


def list_figures():
    """List the figures and pages of the report, and the ledgers of layers that were read."""
    kinds = ["susceptibility", "classes", "bivariate", "prediction_rate", "skill"]
    kinds += [] if config["transfer"]["frozen"] else ["drivers", "dependence", "applicability"]
    kinds += ["corridors"] if (config["priorities"] or {}).get("corridors") else []
    figures = expand("<results>/report/{target}/{kind}.png", target=TARGETS, kind=kinds)
    charts = ["transfer_curves", "dominance"] if BENCHMARK_TARGETS else []
    curves = expand("<results>/report/{chart}.png", chart=charts)
    ledgers = expand("<results>/regions/{region}/layers.json", region=REAL)
    names = ["summary", "methods", "data", "configuration"]
    pages = expand("<results>/report/{page}.html", page=names)
    return [*figures, *curves, *ledgers, *pages]


def list_of_targets(file, wanted=True):
    """List a file of every target, in their order, if the study makes such files."""
    return expand(f"<results>/targets/{{target}}/{file}", target=TARGETS if wanted else [])


def list_published():
    """List the page of all maps, their styles and catalogue, and the card of each model."""
    styles = expand("{map}.{kind}", map=["susceptibility", "classes"], kind=["qml", "sld"])
    files = [file for name in [*styles, "model_card.md"] for file in list_of_targets(name)]
    return ["<results>/report/viewer.html", "<results>/catalog/catalog.json", *files]


def list_read_regions(target):
    """List the regions behind a map whose layers were read, the target first."""
    return [region for region in [target, *sources_of(config, target)] if region in REAL]


def list_inventories(regions):
    """List the landslides of regions, those without labels left out."""
    return expand("<results>/regions/{region}/inventory.gpkg", region=regions)


def list_ledgers(target):
    """List the ledgers of the layers behind a map."""
    return expand("<results>/regions/{region}/layers.json", region=list_read_regions(target))


def hash_viewer():
    """Hash the parts of the page of all maps, so that an edit of one writes it anew."""
    parts = sorted((ROOT / "workflow" / "viewer").glob("*.*"))
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]


include: "classes.smk"
