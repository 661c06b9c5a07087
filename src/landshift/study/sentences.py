"""What a configuration does against the model of a study, in sentences a user can act on."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from landshift.study.parts import Part, Problem, Says, read_meanings, show

_TYPES = {
    "list": "a list",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "model": "keys with values",
    "dict": "keys with values",
    "string": "a text",
}
_LIMITS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
    "too_short": ("a list of at least", "min_length"),
    "too_long": ("a list of at most", "max_length"),
}


UNKNOWN = ("extra_forbidden", "invalid_key")
"""Types of the errors of keys that the model does not know."""


class _Place(NamedTuple):
    """Where in the model an error lies: its type, what the key means, what to say of it."""

    kind: Any
    meaning: str = ""
    says: Says | None = None

    def below(self, key: Any) -> "_Place":
        """Step to a key of a part, or to an item of a list or a mapping."""
        if isinstance(self.kind, type) and issubclass(self.kind, Part):
            field = self.kind.keys().get(key)
            if field is None:
                return _Place(Any)
            return _place(field.annotation, read_meanings(self.kind)[key], field.metadata)
        arguments = get_args(self.kind)
        return _place(arguments[-1], self.meaning) if arguments else _Place(Any, self.meaning)


def _place(kind: Any, meaning: str, notes: Iterable[Any] = ()) -> _Place:
    """See through what is wrapped around a type, and remember what is said there."""
    says = [note for note in notes if isinstance(note, Says)]
    while get_origin(kind) is Annotated or type(None) in get_args(kind):
        inner, *outer = get_args(kind)
        says += [note for note in outer if isinstance(note, Says)]
        kind = inner
    if isinstance(kind, type) and issubclass(kind, Part):
        meaning = meaning or " ".join((kind.__doc__ or "").split())
    return _Place(kind, meaning, says[0] if says else None)


def explain_errors(errors: Iterable[Mapping[str, Any]], model: type[Part]) -> list[Problem]:
    """Explain what pydantic found wrong with a configuration.

    Parameters
    ----------
    errors
        As `pydantic.ValidationError.errors` lists them: with ``type``, ``loc``, ``input``, ``ctx``.
    model
        The model that the configuration was checked against.

    Returns
    -------
    list of tuple
        Path of each key, in order, with what is wrong and the remedy.
    """
    return sorted({_explain(error, model) for error in errors})


def _explain(error: Mapping[str, Any], model: type[Part]) -> Problem:
    *parents, last = error["loc"] or [""]
    if last == "[key]":
        *parents, last = parents
    place = _place(model, "")
    for key in parents:
        place = place.below(key)
    path = join([*parents, last])
    if error["type"] == "problem":
        return path, error["ctx"]["problem"]
    if error["type"] in UNKNOWN:
        return path, _explain_unknown(str(last), list(place.kind.keys()))
    if error["loc"][-1:] == ("[key]",):
        place = _place(get_args(place.kind)[0], "")
    elif error["loc"]:
        place = place.below(last)
    return path, _explain_value(error, place)


def _explain_unknown(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1, cutoff=0.6)
    # A key without its unit is the commonest slip: resolution for resolution_m.
    close = close or [name for name in known if name.startswith(f"{key}_")][:1]
    if close:
        return f"unknown key; did you mean `{close[0]}`?"
    return f"unknown key; remove it, or choose from {', '.join(known)}"


def _explain_value(error: Mapping[str, Any], place: _Place) -> str:
    kind, value, limits = error["type"], error["input"], error.get("ctx", {})
    shown, meaning = show(value), _first_sentence(place.meaning)
    wanted = _TYPES.get(kind.removesuffix("_type"))
    if kind == "missing":
        return f"missing; state it{meaning}"
    if wanted:
        number = kind in ("int_type", "float_type") and isinstance(value, str)
        remedy = ", without a unit" if number and any(map(str.isdigit, value)) else ""
        return f"{shown} must be {wanted}{remedy}{meaning}"
    if kind == "literal_error":
        known = re.findall("'([^']*)'", limits["expected"])
        return f"{shown} must be one of {_explain_choice(value, known)}"
    if kind == "string_too_long":
        return f"{shown} must have at most {limits['max_length']} characters{meaning}"
    if place.says:
        return f"{shown} {place.says.wrong}"
    if kind in _LIMITS:
        words, limit = _LIMITS[kind]
        words = words if isinstance(value, list) or not kind.startswith("too") else "at least"
        return f"{shown} must be {words} {limits[limit]:.10g}{meaning}"
    if kind == "finite_number":
        return f"{shown} must be a finite number{meaning}"
    if kind == "string_too_short":
        return f"must not be empty{meaning}"
    return f"{shown} cannot be read: {error['msg']}{meaning}"


def _explain_choice(value: Any, known: list[str]) -> str:
    close = get_close_matches(str(value), known, n=1)
    return ", ".join(known) + (f"; did you mean `{close[0]}`?" if close else "")


def _first_sentence(meaning: str) -> str:
    """First sentence of a meaning; it holds the unit."""
    return f": {meaning.split('. ')[0].strip().rstrip('.')}" if meaning else ""


def join(keys: Iterable[Any]) -> str:
    """Write the path of a key."""
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return path.lstrip(".") or "the configuration"
