"""What the rules know about layers of class codes, and about factors of a target alone."""

from landshift.factors.table import class_factor
from landshift.study.origins import is_class


def list_classes(region):
    """List the layers of class codes of a region."""
    if region in VIRTUAL:
        return ["lithology"]
    layers = REGIONS[region]["layers"]
    return [name for name in sorted(layers) if is_class(layers[name])]


def list_class_factors(region):
    """List the class factors of a region, of the groups that the study uses."""
    groups = config["factors"]["groups"]
    return [name for name in list_classes(region) if class_factor(name).group in groups]


def list_class_layers(region, classes):
    """List the class factors of a region that are kept together: `land_cover`, or all others."""
    land_cover = classes == "land_cover"
    return [name for name in list_class_factors(region) if (name == "land_cover") == land_cover]


def find_legend(region, name):
    """Find what a class factor of a region states of its legend; a recipe has its own."""
    entry = REGIONS[region].get("layers", {}).get(name, {})
    implied = {"legend": entry["recipe"]} if "recipe" in entry else {}
    return implied | {key: entry[key] for key in ("legend", "classes") if key in entry}


def describe_classes(region, classes):
    """Describe the legends of a region's class factors, by name."""
    return {name: find_legend(region, name) for name in list_class_layers(region, classes)}


def list_legends(region):
    """List the names of the legends of all class factors of a region; None where it has none."""
    return {name: find_legend(region, name).get("legend") for name in list_class_factors(region)}


def list_legend_files(region, classes):
    """List the files that name the classes of a region."""
    stated = [entry.get("classes") for entry in describe_classes(region, classes).values()]
    return [file for file in stated if isinstance(file, str)]


def describe_origin(region, layer):
    """Describe where a layer comes from, without what its classes are called."""
    entry = find_entry(region, layer)
    return {key: entry[key] for key in entry if key not in ("legend", "classes")}


def find_shared_legends(target):
    """Find the class factors that a target and all its sources have with one legend: its name."""
    regions = [target, *sources_of(config, target)]
    legends = [list_legends(region) for region in regions]
    return {
        name: legend
        for name, legend in legends[0].items()
        if legend and all(other.get(name) == legend for other in legends)
    }


def choose_target_factors(target, left_out):
    """Choose what stage 2 of a target sees of the factors left out of stage 1, of either kind."""
    known = list_optional_factors(target)
    own = [
        name for name in config["transfer"]["target_factors"] if name in left_out and name in known
    ]
    classes = list_class_factors(target)
    return {
        "target_factors": [name for name in own if name not in classes],
        "target_classes": [name for name in own if name in classes],
    }


def list_model_classes(target):
    """List the class factors that the model of a target reads."""
    left_out = list_left_out(target)
    shared = [name for name in list_class_factors(target) if name not in left_out]
    return [*shared, *choose_target_factors(target, left_out)["target_classes"]]


def check_classes():
    """Refuse layers of codes under the name of a measured factor."""
    for region in REAL:
        for name in list_classes(region):
            try:
                class_factor(name)
            except ValueError as error:
                raise WorkflowError(f"regions.{region}.layers.{name}: {error}") from None


def check_target_factors():
    """Refuse names of factors that no target could have."""
    targets = sorted({*TARGETS, *BENCHMARK_TARGETS})
    known = set().union(*(list_optional_factors(target) for target in targets))
    for name in config["transfer"]["target_factors"]:
        if name not in known:
            raise WorkflowError(
                f"transfer.target_factors: no target has a factor {name} of its own; the targets "
                f"have {', '.join(sorted(known)) or 'none'}. Add its layer to a target and its "
                "group to factors.groups, or remove the name"
            )


check_classes()
check_target_factors()
