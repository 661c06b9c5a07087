"""The files that a study publishes, as paths below its folder of results."""

from collections.abc import Iterable
from itertools import product

from landshift.study.plan import Plan


def list_outputs(plan: Plan) -> list[str]:
    """List all that a whole run makes for its user."""
    parts = (list_maps, list_scores, list_benchmark, list_figures, list_published, list_steps)
    return [file for part in parts for file in part(plan)]


def list_maps(plan: Plan) -> list[str]:
    """List the maps of all targets, and those that join them."""
    kinds = ["susceptibility", "susceptibility_lower", "susceptibility_upper", "uncertainty"]
    # How far a target is from the samples of its sources is known only where these are.
    kinds += ["dissimilarity", "applicability"] if plan.knows_sources else []
    kinds += ["classes"]
    return _of_targets(plan.targets, (f"{kind}.tif" for kind in kinds)) + list_mosaic(plan)


def list_mosaic(plan: Plan) -> list[str]:
    """List the maps that join those of all targets, if the study has a mosaic."""
    kinds = ["susceptibility", "classes"] if plan.study.mosaic else []
    return [f"mosaic/{kind}.tif" for kind in kinds]


def list_scores(plan: Plan) -> list[str]:
    """List the tables that judge and explain the maps; the truth is known of virtual regions."""
    tables = ["rate_curve", "classes", *(["priorities"] if plan.study.priorities else [])]
    scores = _of_targets(plan.targets, (f"{table}.csv" for table in tables))
    scores += _of_targets(filter(plan.list_model_classes, plan.targets), ["classes_seen.csv"])
    if not plan.knows_sources:
        # All else compares the target with the sources' data, which are not here.
        return scores
    virtual = [target for target in plan.targets if target in plan.virtual]
    scores += _of_targets(virtual, ["truth.csv"])
    scores += _of_targets(plan.targets, ["drivers.csv"])
    return scores + [f"sources/{target}/similarity.csv" for target in plan.targets]


def list_benchmark(plan: Plan) -> list[str]:
    """List the tables of the transfer benchmark, if the study has one."""
    tables = ("transfer.parquet", "transfer.csv", "summary.csv", "dominance.csv")
    return [f"benchmark/{table}" for table in tables if plan.benchmark_targets]


def list_figures(plan: Plan) -> list[str]:
    """List the figures and pages of the report, and the ledgers of layers that were read."""
    kinds = ["susceptibility", "classes", "bivariate", "prediction_rate", "skill"]
    kinds += ["drivers", "dependence", "applicability"] if plan.knows_sources else []
    kinds += ["corridors"] if plan.study.priorities and plan.study.priorities.corridors else []
    figures = [f"{target}/{kind}.png" for target, kind in product(plan.targets, kinds)]
    figures += ["transfer_curves.png", "dominance.png"] if plan.benchmark_targets else []
    ledgers = [f"regions/{region}/layers.json" for region in plan.real]
    pages = [f"{page}.html" for page in ("summary", "methods", "data", "configuration")]
    return [f"report/{name}" for name in figures] + ledgers + [f"report/{page}" for page in pages]


def list_published(plan: Plan) -> list[str]:
    """List the page of all maps, their styles and catalogue, and the card of each model."""
    styles = [f"{map}.{kind}" for map in ("susceptibility", "classes") for kind in ("qml", "sld")]
    files = [
        file for name in [*styles, "model_card.md"] for file in _of_targets(plan.targets, [name])
    ]
    return ["report/viewer.html", "catalog/catalog.json", *files]


def list_steps(plan: Plan) -> list[str]:
    """List the files on the way to the others, so that a run makes again those that are gone.

    A job that fails loses its output. The maps made of it before are still there, and unless the
    output is wanted by itself, the next run would find nothing to do and not tell of the failure.
    """
    used = sorted({region for target in plan.all_targets for region in plan.regions_of(target)})
    steps = [file for region in used for file in _list_steps_of_region(plan, region)]
    steps += _of_targets(plan.targets, ["shots.parquet", "model"])
    for record in (file for target in plan.all_targets for file in list_shared(plan, target)):
        folder = record.rpartition("/")[0]
        steps += [f"{folder}/{name}.parquet" for name in ("samples", "background")]
    if plan.knows_sources:
        taught = dict.fromkeys(map(plan.find_teacher, plan.all_targets))
        learners = product(taught, plan.study.transfer.learners)
        steps += [f"sources/{target}/factors_selected.json" for target in plan.all_targets]
        steps += [f"sources/{target}/{learner}" for target, learner in learners]
    return steps


def list_shared(plan: Plan, target: str) -> list[str]:
    """List the records of the ground that a target may share with its sources."""
    return [
        f"targets/{target}/sources/{source}/shared.json"
        for source in plan.known_sources_of(target)
        if plan.may_share_ground(target, source)
    ]


def _list_steps_of_region(plan: Plan, region: str) -> list[str]:
    records = list_records(plan, region) if region in plan.real else []
    files = [f"regions/{region}/{name}" for name in ("samples.parquet", "background.parquet")]
    if region in plan.library:
        return files
    files += [f"regions/{region}/factors/{group}.tif" for group in plan.list_groups(region)]
    return [f"regions/{region}/inventory.gpkg", *files] + [
        record.removesuffix(".json") for record in records
    ]


def list_records(plan: Plan, region: str) -> list[str]:
    """List the records of where the layers and inventories of a region came from."""
    stated = plan.study.regions[region]
    files = [
        f"layers/{name}.{'gpkg' if layer.is_lines else 'tif'}"
        for name, layer in sorted(stated.layers.items())
    ]
    files += [f"{name}.gpkg" for name in ("inventory", "validation") if stated.states(name)]
    files += ["surveyed.tif"] if stated.inventory.surveyed else []
    return [f"regions/{region}/{file}.json" for file in files]


def _of_targets(targets: Iterable[str], files: Iterable[str]) -> list[str]:
    return [f"targets/{target}/{file}" for target, file in product(targets, files)]
