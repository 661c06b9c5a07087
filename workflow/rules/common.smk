"""What the rules know about the study: its regions, their layers, and the files to make."""

from landshift.factors import FACTORS, factor_names, line_density, line_distance, own_factor
from landshift.fingerprint import fingerprint
from landshift.study import list_benchmark_targets, list_sources, list_targets, sources_of
from landshift.study.region_checks import SURFACE_LAYERS, is_vector

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
    if "proximity" in groups:
        names |= {factor(line).name for line in lines for factor in (line_distance, line_density)}
    if "climate" in groups:
        names |= set(list_climate(region))
    if "surface" in groups:
        names |= {name for name in factor_names("surface") if not FACTORS[name].classes}
    return names


def explain_left_out(target):
    """Explain which factors the shared models of a target do without: names and reasons."""
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
    """List the tables that judge the maps: by landslides, classes and, if virtual, the truth."""
    virtual = [target for target in TARGETS if target in VIRTUAL]
    truth = expand("<results>/targets/{target}/truth.csv", target=virtual)
    classed = [target for target in TARGETS if list_model_classes(target)]
    classes = expand("<results>/targets/{target}/classes_seen.csv", target=classed)
    return truth + classes + expand("<results>/targets/{target}/rate_curve.csv", target=TARGETS)


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


include: "classes.smk"
