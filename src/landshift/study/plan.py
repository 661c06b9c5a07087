"""What of each region and target of a study is made: groups, factors, classes and legends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from landshift.factors.table import FACTORS, factor_names, line_density, line_distance
from landshift.study.model import Study
from landshift.study.origins import Layer
from landshift.study.regions import LIBRARY_GROUPS, RELIEF_GROUPS


@dataclass(frozen=True)
class Plan:
    """What the rules make of a study, and what they leave out.

    Parameters
    ----------
    study
        A study without problems.
    frozen_factors
        Factors of the frozen source models, where the study uses such.

    Examples
    --------
    >>> virtual = {"origin": [0, 0], "crs": "EPSG:32632"}
    >>> regions = {
    ...     "alder": {"role": "source", "virtual": virtual},
    ...     "birch": {"role": "target", "prevalence": 0.05, "virtual": virtual},
    ... }
    >>> plan = Plan(Study.model_validate({"study": "small", "regions": regions}))
    >>> plan.sources_of("birch"), plan.list_groups("birch")
    (['alder'], ['terrain', 'drainage'])
    """

    study: Study
    frozen_factors: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """Regions that models are pre-trained on, in alphabetical order."""
        regions = self.study.regions
        return [name for name in sorted(regions) if regions[name].role != "target"]

    @property
    def targets(self) -> list[str]:
        """Regions that maps are made of, in alphabetical order."""
        regions = self.study.regions
        return [name for name in sorted(regions) if regions[name].role != "source"]

    @property
    def benchmark_targets(self) -> list[str]:
        """Regions that the benchmark takes as targets in turn."""
        return self.study.benchmark.targets if self.study.benchmark else []

    @property
    def all_targets(self) -> list[str]:
        """Targets of maps and of the benchmark, each once."""
        return list(dict.fromkeys([*self.targets, *self.benchmark_targets]))

    @property
    def virtual(self) -> list[str]:
        """Regions that are generated, as they are stated."""
        return [name for name, region in self.study.regions.items() if region.virtual]

    @property
    def real(self) -> list[str]:
        """Regions whose layers are read, as they are stated."""
        return [name for name, region in self.study.regions.items() if region.is_read]

    @property
    def library(self) -> list[str]:
        """Regions of the library, of which the samples are there and nothing else."""
        return [name for name, region in self.study.regions.items() if region.library]

    @property
    def knows_sources(self) -> bool:
        """Whether the sources' data are there; frozen models leave them behind."""
        return self.study.transfer.frozen is None

    def sources_of(self, target: str) -> list[str]:
        """List the sources of one target: every source region but the target itself."""
        return [source for source in self.sources if source != target]

    def known_sources_of(self, target: str) -> list[str]:
        """List the sources of one target whose data are part of the study."""
        return self.sources_of(target) if self.knows_sources else []

    def placed_sources_of(self, target: str) -> list[str]:
        """List the sources of one target that lie on the Earth, as generated ones do not."""
        return [source for source in self.known_sources_of(target) if source in self.real]

    def may_share_ground(self, target: str, source: str) -> bool:
        """Tell whether a source may lie on the ground of a target, as far as the study states it.

        Generated regions are worlds of their own, wherever they lie, and those of the library are
        left out as a whole.
        """
        first, second = self.study.regions[target], self.study.regions[source]
        return first.is_read and second.is_read and first.grid.overlaps(second.grid)

    def regions_of(self, target: str) -> list[str]:
        """List the regions behind a map, the target first."""
        return [target, *self.sources_of(target)]

    def find_teacher(self, target: str) -> str:
        """Find the first target that is taught alike: its source models serve this one too.

        Targets are taught alike by the same sources on the same factors and legends; a source that
        may lie on the ground of a target teaches it without that ground.
        """

        def describe(name: str) -> tuple[Any, ...]:
            factors = sorted(self.list_shared_factors(name))
            sources = self.sources_of(name)
            own = name if any(self.may_share_ground(name, source) for source in sources) else None
            return sources, factors, self.find_shared_legends(name), own

        taught = describe(target)
        return next(name for name in self.all_targets if describe(name) == taught)

    def mapped_regions_of(self, target: str) -> list[str]:
        """List the regions behind a map whose landslides have places, the target first."""
        return [region for region in self.regions_of(target) if region not in self.library]

    def real_regions_of(self, target: str) -> list[str]:
        """List the regions behind a map whose layers were read, the target first."""
        return [region for region in self.regions_of(target) if region in self.real]

    # what a region has: the one place that says which layers a group is made of

    def list_layers(self, region: str, group: str) -> list[str]:
        """List the layers of a region that a group of factors is made of."""
        stated = self.study.regions[region]
        if stated.library:
            return ["dem"] if group in LIBRARY_GROUPS else []
        if group in RELIEF_GROUPS:
            return ["dem"] if stated.has_elevations else []
        if group == "proximity":
            return stated.list_lines()
        if group == "climate":
            return stated.list_climate()
        classes = [name for name in stated.list_classes() if _find_group(name) == group]
        return (stated.list_bands() if group == "surface" else []) + classes

    def list_class_factors(self, region: str) -> list[str]:
        """List the class factors of a region, of the groups that the study uses."""
        names = self.study.regions[region].list_classes()
        return [name for name in names if _find_group(name) in self.study.factors.groups]

    def list_own(self, region: str) -> list[str]:
        """List the layers that a region's configuration makes factors."""
        return self.study.regions[region].list_own()

    def list_groups(self, region: str) -> list[str]:
        """List the files of factors that a region has the layers for.

        Class codes of `land_cover` are kept apart from all others, which are the file `ground`.
        """
        stated = self.study.regions[region]
        measured = [
            group
            for group in self.study.factors.groups
            if group != "ground"
            and (stated.list_bands() if group == "surface" else self.list_layers(region, group))
        ]
        classes = [
            file for file in ("ground", "land_cover") if self.list_class_layers(region, file)
        ]
        return measured + classes + (["own"] if self.list_own(region) else [])

    def list_factors(self, region: str) -> set[str]:
        """List all factors of a region."""
        names = {*self.list_own(region), *self.list_class_factors(region)}
        for group in self.list_groups(region):
            names |= self._list_measured(region, group)
        return names

    def _list_measured(self, region: str, group: str) -> set[str]:
        layers = self.study.regions[region]
        if group == "proximity":
            pairs = ((line_distance(line), line_density(line)) for line in layers.list_lines())
            return {factor.name for pair in pairs for factor in pair}
        if group == "climate":
            return {*layers.list_climate()}
        if group in ("surface", *RELIEF_GROUPS):
            return {name for name in factor_names(group) if not FACTORS[name].classes}
        return set()

    def list_optional_factors(self, region: str) -> set[str]:
        """List the factors of a region that another region may lack."""
        # What the sources of frozen models have is unknown here.
        shared = [
            group
            for group in RELIEF_GROUPS
            if self.knows_sources
            and all(self.list_layers(name, group) for name in self.study.regions)
        ]
        return self.list_factors(region) - {
            name for group in shared for name in factor_names(group)
        }

    def explain_left_out(self, target: str) -> dict[str, str]:
        """Explain which factors the models of a target's sources do without: names and reasons."""
        regions = sorted(self.regions_of(target))
        names = {region: self.list_optional_factors(region) for region in regions}
        classes = {name for region in regions for name in self.list_class_factors(region)}
        shared = self.find_shared_legends(target)
        reasons = {}
        for name in sorted(set().union(*names.values())):
            lacking = [region for region in regions if name not in names[region]]
            if lacking:
                reasons[name] = f"no such factor in {', '.join(lacking)}"
            elif name in classes and name not in shared:
                reasons[name] = f"its codes have no legend in common in {', '.join(regions)}"
        return reasons

    def list_shared_factors(self, target: str) -> set[str]:
        """List the factors that a target has in common with its sources."""
        return self.list_factors(target) - {*self.explain_left_out(target)}

    def list_left_out(self, target: str) -> list[str]:
        """List the factors of a target that the source models behind its map do without."""
        if self.knows_sources:
            return list(self.explain_left_out(target))
        return sorted(self.list_optional_factors(target) - {*self.frozen_factors})

    def choose_target_factors(self, target: str, left_out: Iterable[str]) -> dict[str, list[str]]:
        """Choose what stage 2 of a target sees of the factors left out of stage 1."""
        known = self.list_optional_factors(target) & {*left_out}
        own = [name for name in self.study.transfer.target_factors if name in known]
        classes = self.list_class_factors(target)
        return {
            "target_factors": [name for name in own if name not in classes],
            "target_classes": [name for name in own if name in classes],
        }

    def list_own_units(self, regions: Iterable[str]) -> dict[str, str]:
        """List the units of the user's own factors in some regions."""
        stated = [
            (name, self.study.regions[region].layers[name].factor.units)
            for region in regions
            for name in self.list_own(region)
        ]
        return dict(sorted(stated))

    def list_recipes(self, regions: Iterable[str]) -> dict[str, str]:
        """List the recipes of the layers of some regions, by the name of the layer."""
        layers = [(self.study.regions[region].layers or {}).items() for region in regions]
        stated = [(name, layer.recipe) for part in layers for name, layer in part if layer.recipe]
        return dict(sorted(stated))

    def list_class_layers(self, region: str, file: str) -> list[str]:
        """List the class factors of a region in one file: `land_cover`, or all others."""
        names = self.list_class_factors(region)
        return [name for name in names if (name == "land_cover") == (file == "land_cover")]

    def find_legend(self, region: str, name: str) -> dict[str, Any]:
        """Find what a class factor of a region states of its legend; a recipe has its own."""
        layer = (self.study.regions[region].layers or {}).get(name, Layer.model_construct())
        stated = {"legend": layer.legend or layer.recipe, "classes": layer.classes}
        return {key: value for key, value in stated.items() if value is not None}

    def describe_classes(self, region: str, file: str) -> dict[str, dict[str, Any]]:
        """Describe the legends of the class factors in a file, by name."""
        return {
            name: self.find_legend(region, name) for name in self.list_class_layers(region, file)
        }

    def list_legend_files(self, region: str, file: str) -> list[str]:
        """List the files that name the classes in a file of factors."""
        stated = [entry.get("classes") for entry in self.describe_classes(region, file).values()]
        return [legend for legend in stated if isinstance(legend, str)]

    def list_legends(self, region: str) -> dict[str, str | None]:
        """List the legends of all class factors of a region; None where one has none."""
        names = self.list_class_factors(region)
        return {name: self.find_legend(region, name).get("legend") for name in names}

    def find_shared_legends(self, target: str) -> dict[str, str]:
        """Find the class factors that a target and all its sources have with one legend."""
        own, *others = (self.list_legends(region) for region in self.regions_of(target))
        return {
            name: legend
            for name, legend in own.items()
            if legend and all(other.get(name) == legend for other in others)
        }

    def list_model_classes(self, target: str) -> list[str]:
        """List the class factors that the model of a target reads."""
        left_out = self.list_left_out(target)
        shared = [name for name in self.list_class_factors(target) if name not in left_out]
        return [*shared, *self.choose_target_factors(target, left_out)["target_classes"]]


def _find_group(classes: str) -> str:
    """Find the group of a layer of class codes: land cover belongs to another than the ground."""
    return FACTORS[classes].group if classes in FACTORS else "ground"


def place_grids(study: Study, regions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the grids of the regions that are read an extent, where only the inventory has one.

    Parameters
    ----------
    study
        The study.
    regions
        Its regions as configured, with defaults.

    Raises
    ------
    ValueError
        If an inventory cannot be read, or has no place.
    """
    grids = {}
    for name, region in study.regions.items():
        if region.is_read:
            grids[name] = dict(regions[name]["grid"])
            buffer_m = grids[name].pop("buffer_m")
        if region.is_read and region.follows_inventory:
            try:
                grids[name] |= bound_inventory(
                    regions[name]["inventory"], grids[name].get("crs"), buffer_m
                )
            except (ValueError, OSError) as error:
                raise ValueError(f"regions.{name}.inventory: {error}") from None
    return grids


def bound_inventory(entry: Mapping[str, Any], crs: str | None, buffer_m: float) -> dict[str, Any]:
    """Find CRS and bounds [m] of a region by the file of its inventory; see `bound_landslides`."""
    from landshift.acquire.inventory.bounds import bound_landslides
    from landshift.acquire.inventory.reading import COLUMN_KEYS, gather_inventory

    stated = {key: entry[key] for key in COLUMN_KEYS if key in entry}
    landslides, _ = gather_inventory(entry["file"], **stated)
    return bound_landslides(landslides, buffer_m=buffer_m, crs=crs, origin=entry["file"])
