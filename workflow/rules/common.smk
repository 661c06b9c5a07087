"""What the rules know about the study: its regions, their layers, and the files to make."""

from landshift.factors import line_distance
from landshift.fingerprint import fingerprint
from landshift.study import list_benchmark_targets, list_sources, list_targets, sources_of
from landshift.study.region_checks import is_vector

REGIONS = config["regions"]
SOURCES = list_sources(config)
TARGETS = list_targets(config)
BENCHMARK_TARGETS = list_benchmark_targets(config)
VIRTUAL = [name for name in REGIONS if "virtual" in REGIONS[name]]
REAL = [name for name in REGIONS if name not in VIRTUAL]
LEARNERS = config["transfer"]["learners"]


def any_of(names):
    """Write a wildcard constraint that allows these names alone; none allows nothing."""
    return "|".join(sorted(names)) or "(?!)"


wildcard_constraints:
    region=any_of(REGIONS),
    target=any_of({*TARGETS, *BENCHMARK_TARGETS}),
    layer="(?!dem[.])[a-z][a-z0-9_]*",
    inventory="inventory|validation",


def find_entry(region, name):
    """Find where a layer or an inventory of a region that is read comes from."""
    if name in ("inventory", "validation"):
        return REGIONS[region][name]
    return REGIONS[region]["layers"][name]


def find_file(region, name):
    """Find the local file of a layer: as an input, its change reruns the job; addresses have none."""
    entry = find_entry(region, name)
    return [entry["file"]] if "file" in entry else []


def list_lines(region):
    """List the layers of lines of a region."""
    layers = REGIONS[region].get("layers", {})
    return [name for name in sorted(layers) if is_vector(layers[name])]


def list_groups(region):
    """List the factor groups of the study that a region has the layers for."""
    missing = set() if list_lines(region) else {"proximity"}
    if region not in VIRTUAL and "rainfall" not in REGIONS[region]["layers"]:
        missing.add("climate")
    return [group for group in config["factors"]["groups"] if group not in missing]


def list_uncommon_factors():
    """List the factors that only some regions have: shared models do without them."""
    own = [
        {line_distance(line).name for line in list_lines(region)}
        | ({"rainfall"} if "climate" in list_groups(region) else set())
        for region in REGIONS
    ]
    return sorted(set.union(*own) - set.intersection(*own))


def list_factor_files(region):
    """List the factor files of a region."""
    return [f"<results>/regions/{region}/factors/{group}.tif" for group in list_groups(region)]


def list_tables(regions, table):
    """List the sample or background tables of regions."""
    return [f"<results>/regions/{region}/{table}.parquet" for region in regions]


def list_validation(target):
    """List the file of later landslides of a target, if it has one."""
    known = target in VIRTUAL or "validation" in REGIONS[target]
    return [f"<results>/regions/{target}/validation.gpkg"] if known else []


def list_maps():
    """List the maps that the study publishes."""
    kinds = ["susceptibility", "uncertainty", "classes"]
    maps = expand("<results>/targets/{target}/{kind}.tif", target=TARGETS, kind=kinds)
    mosaic = expand("<results>/mosaic/{kind}.tif", kind=["susceptibility", "classes"])
    return maps + mosaic if config["mosaic"] else maps


def list_scores():
    """List the tables that score the maps: by held-out landslides and, if virtual, by the truth."""
    virtual = [target for target in TARGETS if target in VIRTUAL]
    truth = expand("<results>/targets/{target}/truth.csv", target=virtual)
    return truth + expand("<results>/targets/{target}/rate_curve.csv", target=TARGETS)


def list_benchmark():
    """List the tables of the transfer benchmark, if the study has one."""
    tables = ["transfer.parquet", "transfer.csv", "summary.csv"]
    return expand("<results>/benchmark/{table}", table=tables) if BENCHMARK_TARGETS else []


def choose_regime():
    """Choose the regime whose curves are drawn: that of a map, if it was measured."""
    regimes = config["benchmark"]["regimes"] if BENCHMARK_TARGETS else []
    return "transductive" if "transductive" in regimes else "inductive"


def list_figures():
    """List the figures and pages of the report."""
    kinds = ["susceptibility", "prediction_rate"]
    figures = expand("<results>/report/{target}/{kind}.png", target=TARGETS, kind=kinds)
    curves = ["<results>/report/transfer_curves.png"] if BENCHMARK_TARGETS else []
    return [*figures, *curves, "<results>/report/configuration.html"]
