"""What the model of a study is made of: parts with keys, and the words and numbers they take."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from reprlib import Repr
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from landshift.runtime.plain_text import UNSEEN

Problem = tuple[str, str]
"""Path of a configuration key, and what is wrong with it and how to mend it."""

LEAST_CELL_M = 0.1
"""Cells and distances below this are degrees by mistake [m]."""

FARTHEST_M = 1e8
"""No map has coordinates beyond this, and no distance on the Earth is longer [m]."""

MOST = 1_000_000_000
"""Cells, samples and repetitions of which no study has more [1]."""

LONGEST_NAME = 100
"""Letters of a name; two of them make the name of a file, which takes 255 bytes."""

UNCHECKED = "unchecked"
"""Context of a validation that asks of every key by itself, and of nothing that spans several."""


def _describe_keys(schema: dict[str, Any], part: type["Part"]) -> None:
    for key, meaning in read_meanings(part).items():
        schema["properties"][key] |= {"description": meaning} if meaning else {}


class Part(BaseModel):
    """A part of a study: keys that stand together in the configuration.

    The docstring under a key says what it means, with its unit in square brackets. A key that is
    not listed is an error. A key with the default None takes null only if its type says so; else
    it may be left out, and None stands for that.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        json_schema_extra=_describe_keys,
    )

    @classmethod
    def keys(cls) -> dict[str, Any]:
        """Give every key of the configuration, with its field."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    def states(self, name: str) -> bool:
        """Tell whether a key is known here and stated."""
        return getattr(self, name, None) is not None

    def find_problems(self) -> Iterator[Problem]:
        """Find what is wrong with keys that are sound each for itself; paths begin here."""
        yield from ()

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> "Part":
        if info.context == UNCHECKED:
            return self
        problems = [
            InitErrorDetails(type=complain(problem), loc=tuple(path.split(".") if path else ()))
            for path, problem in self.find_problems()
        ]
        if problems:
            raise ValidationError.from_exception_data(type(self).__name__, problems)
        return self


@dataclass(frozen=True)
class Says:
    """What a sentence says after a value that is wrong, in place of the range it left."""

    wrong: str


@cache
def read_meanings(part: type[Part]) -> dict[str, str]:
    """Read what the keys of a part mean: the docstrings under them in its source.

    Only messages and the manual need them, so that a workflow starts without reading them.
    """
    meanings = {}
    for base in reversed(part.__mro__[: part.__mro__.index(Part)]):
        (tree,) = ast.parse(inspect.getsource(base)).body
        for key, below in pairwise(tree.body):
            if isinstance(key, ast.AnnAssign) and isinstance(below, ast.Expr):
                meanings[key.target.id] = " ".join(below.value.value.split())
    fields = part.model_fields
    return {field.alias or name: meanings.get(name, "") for name, field in fields.items()}


def show(value: Any) -> str:
    """Show a value of any size in a few characters."""
    brief = Repr()
    brief.maxstring = brief.maxother = 60
    text = brief.repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def complain(problem: str) -> PydanticCustomError:
    """Make the error of a sentence."""
    return PydanticCustomError("problem", "{problem}", {"problem": problem})


def _refuse_degrees(value: float) -> float:
    if 0 < value < LEAST_CELL_M:
        raise complain(f"{value} m looks like degrees; state metres")
    return value


def _refuse_repetition(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise complain(f"{show(values)} names something twice; remove the repetition")
    return values


# The geographic systems people meet most; the rest is caught when the layers are aligned.
_GEOGRAPHIC = re.compile(
    r"(EPSG:)?(4326|4979|4258|4267|4269|4283|4490|4612|4617|4674|4737|6318|6668|7844)\Z"
    r"|OGC:CRS84\Z|WGS ?84\Z|.*\+proj=(longlat|latlong)\b",
    re.IGNORECASE,
)
_WEB_MERCATOR = re.compile(r"(EPSG:)?(3857|900913)\Z", re.IGNORECASE)
_UTM = "the UTM zone of the region (EPSG:326xx north of the equator, EPSG:327xx south)"


def _refuse_geographic(crs: str) -> str:
    if _GEOGRAPHIC.match(crs.strip()):
        raise complain(f"{crs} is in degrees; name a projected system in metres, such as {_UTM}")
    return crs


def _refuse_web_mercator(crs: str) -> str:
    if _WEB_MERCATOR.match(crs.strip()):
        raise complain(
            f"{crs} stretches metres away from the equator, so slopes would be wrong; name {_UTM}"
        )
    return crs


def _refuse_date(value: Any) -> Any:
    if isinstance(value, date):
        raise complain(f"YAML reads {value} as a date; put it in quotes")
    return value


_PERIOD = "state a year between 1500 and 2200, or a day in quotes, such as '2015-08-31'"
_PERIOD_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1500, "maximum": 2200},
        {"type": "string", "pattern": r"^\d{4}(-\d{2}-\d{2})?$"},
    ]
}


def is_day(text: str) -> bool:
    """Tell whether a text is a day of the calendar, as 2015-08-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_period(value: Any) -> int | str:
    _refuse_date(value)
    year = value if type(value) is int else None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}", value):
        year = int(value)
    if isinstance(value, str) and is_day(value):
        year = int(value[:4])
    if year is None or not 1500 <= year <= 2200:
        raise complain(f"{show(value)} is no time; {_PERIOD}")
    return value


def _check_scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise complain(f"{show(_refuse_date(value))} must be a text, a number, or true or false")
    return value


def unique(item: Any, **limits: Any) -> Any:
    """Make the type of a list in which nothing stands twice."""
    stated = Field(json_schema_extra={"uniqueItems": True}, **limits)
    return Annotated[list[item], stated, AfterValidator(_refuse_repetition)]


def words(pattern: str, rule: str, **limits: Any) -> Any:
    """Make the type of a text that is spelt by a rule; the pattern ends where the text does."""
    return Annotated[str, Field(pattern=f"^{pattern}$", **limits), Says(rule)]


def _refuse_unseen(text: str) -> str:
    if found := re.search(f"[{UNSEEN}]", text):
        raise complain(
            f"{show(text)} holds a character that cannot be seen (U+{ord(found.group()):04X}), "
            "which could steer a terminal; remove it"
        )
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_refuse_unseen)]
Count = Annotated[int, Field(ge=1, le=MOST)]
Metres = Annotated[float, Field(ge=0, le=FARTHEST_M), AfterValidator(_refuse_degrees)]
Edge = Annotated[float, Field(gt=0, le=FARTHEST_M), AfterValidator(_refuse_degrees)]
Coordinate = Annotated[float, Field(ge=-FARTHEST_M, le=FARTHEST_M)]
Share = Annotated[
    float,
    Field(ge=1e-9, le=0.999),
    Says("is not a share of cells; state a number between 0 and 1, from 1e-9 to 0.999"),
]
ProjectedCrs = Annotated[Text, AfterValidator(_refuse_geographic)]
GridCrs = Annotated[ProjectedCrs, AfterValidator(_refuse_web_mercator)]
Day = Annotated[
    str, BeforeValidator(_refuse_date), Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
Scalar = Annotated[
    Any, AfterValidator(_check_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Period = Annotated[Any, AfterValidator(_check_period), WithJsonSchema(_PERIOD_SCHEMA)]
Name = words(
    "[A-Za-z][A-Za-z0-9_]*",
    "cannot name a folder; use letters, digits and underscores, a letter first",
    max_length=LONGEST_NAME,
)
LayerName = words(
    "[a-z][a-z0-9_]*",
    "cannot name a layer; use small letters, digits and underscores, a letter first",
    max_length=LONGEST_NAME,
)
Url = Annotated[
    words("https?://.*", "is no public address; state one that begins with https:// or http://"),
    AfterValidator(_refuse_unseen),
]
Sha256 = words("[0-9a-f]{64}", "is no SHA-256 of a file; state its 64 hexadecimal digits")
