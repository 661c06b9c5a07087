"""What methods and families are called where readers see them; others keep their own name."""

from typing import NamedTuple

from landshift.study.learners import LEARNERS


class Name(NamedTuple):
    """How something is called.

    Attributes
    ----------
    long_name
        Where there is room.
    label
        Where there is little; empty where the long name is short enough.
    of_map
        Of a method on the pages of a map, where the map itself is one of the methods.
    """

    long_name: str
    label: str = ""
    of_map: str = ""

    @property
    def short(self) -> str:
        """The label, or the long name where there is none."""
        return self.label or self.long_name


METHODS = {
    "fine_tuned": Name("fine-tuned", of_map="this map, fine-tuned"),
    "zero_shot": Name("zero-shot", of_map="sources only (zero-shot)"),
    "local_only": Name("local only", of_map="own landslides only"),
    "slope": Name("slope alone", of_map="slope alone"),
    "morphometric": Name("slope and concavity"),
    "pooled": Name("pooled, target 50 %", "pooled", of_map="pooled with the sources"),
    "residual": Name("fine-tuned, means only"),
    "residual_subcells": Name("fine-tuned, means and sub-cells"),
    "pooled_30": Name("pooled, target 30 %"),
    "pooled_unweighted": Name("pooled, unweighted"),
    "pooled_background": Name("pooled 50 % + background"),
    "continued": Name("boosting continued"),
    "refitted": Name("leaves refitted"),
    "warm_start": Name("forest grown on"),
    "leaf_counts": Name("forest leaf counts"),
    "gaussian_prior": Name("prior at source weights"),
    "tradaboost": Name("TrAdaBoost"),
    "meta_learned": Name("meta-learned start"),
    "coral": Name("CORAL"),
    "tca": Name("TCA"),
    "all_labels": Name("all labels (ceiling)"),
}
"""Methods of the benchmark, in the order in which readers see them."""

OF_MAP = {method: name.of_map for method, name in METHODS.items() if name.of_map}
"""What a map is compared with, in words; the map itself first."""

FAMILIES = {
    "ensemble": Name("ensemble"),
    **{name: Name(each.long_name, each.label) for name, each in LEARNERS.items()},
    "gp": Name("Gaussian process", "GP + background"),
    "rank": Name("rank"),
}
"""Families of a method: the ensemble, one learner, the local Gaussian process, or ranks alone."""


def name_method(method: str, family: str) -> str:
    """Name a method and its family as a reader should see them.

    Examples
    --------
    >>> name_method("local_only", "gp"), name_method("guess", "lr")
    ('local only: GP + background', 'guess: LR')
    """
    named, by = METHODS.get(method), FAMILIES.get(family)
    return f"{named.long_name if named else method}: {by.short if by else family}"
