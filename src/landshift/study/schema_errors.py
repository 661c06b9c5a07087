"""What a configuration does against its schema, in sentences a user can act on."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from landshift.study.origins import Problem

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "keys with values",
    "string": "a text",
}
_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minItems": "a list of at least",
    "maxItems": "a list of at most",
    "minProperties": "at least",
}


def explain_violations(errors: Iterable[Any]) -> list[Problem]:
    """Explain what a JSON Schema validator found.

    Parameters
    ----------
    errors
        Errors as `jsonschema` yields them: with ``absolute_path``, ``validator``,
        ``validator_value``, ``instance``, ``schema``, ``context`` and ``message``.

    Returns
    -------
    list of tuple
        Path of each key, in order, with what is wrong and the remedy.
    """
    return sorted({problem for error in errors for problem in _explain(error)})


def _explain(error: Any, choice: Any = None) -> Iterator[Problem]:
    """Explain one error; a branch without a description has that of the choice it belongs to."""
    path = _join(error.absolute_path)
    schema, value, wanted = error.schema, error.instance, error.validator_value
    if choice and isinstance(schema, dict) and "description" not in schema:
        schema = schema | {"description": choice}
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        for key in sorted(set(value) - set(known), key=str):
            yield _join([*error.absolute_path, key]), _explain_unknown(str(key), known)
    elif error.validator == "required":
        for key in sorted(set(wanted) - set(value)):
            stated = schema.get("properties", {}).get(key, {})
            yield _join([*error.absolute_path, key]), f"missing; state it{_meaning(stated)}"
    elif error.validator == "anyOf":
        yield from _explain_choice(error)
    else:
        yield path, _explain_value(error.validator, value, wanted, schema)


def _explain_unknown(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1, cutoff=0.6)
    # A key without its unit is the commonest slip: resolution for resolution_m.
    close = close or [name for name in known if name.startswith(f"{key}_")][:1]
    if close:
        return f"unknown key; did you mean `{close[0]}`?"
    return f"unknown key; remove it, or choose from {', '.join(known)}"


def _explain_choice(error: Any) -> Iterator[Problem]:
    """Explain the branch that the value was meant for: the one whose type it has."""
    meant = [below for below in error.context if below.validator != "type"]
    if meant:
        # Of a list or of keys, what is wrong within; the branch's other errors repeat it.
        deepest = max(meant, key=lambda below: len(below.absolute_path))
        yield from _explain(deepest, error.schema.get("description"))
        return
    types = [_name_type(branch["type"]) for branch in error.validator_value if "type" in branch]
    yield (
        _join(error.absolute_path),
        f"{_show(error.instance)} must be {' or '.join(types)}{_meaning(error.schema)}",
    )


def _explain_value(validator: str, value: Any, wanted: Any, schema: Any) -> str:
    shown, meaning = _show(value), _meaning(schema)
    if validator == "type":
        number = isinstance(value, str) and {"number", "integer"} & set(_listed(wanted))
        remedy = ", without a unit" if number and any(map(str.isdigit, value)) else ""
        return f"{shown} must be {_name_type(wanted)}{remedy}{meaning}"
    if validator == "enum":
        close = get_close_matches(str(value), map(str, wanted), n=1)
        hint = f"; did you mean `{close[0]}`?" if close else ""
        return f"{shown} must be one of {', '.join(map(str, wanted))}{hint}"
    if validator in _LIMITS:
        return f"{shown} must be {_LIMITS[validator]} {wanted}{meaning}"
    if validator == "uniqueItems":
        return f"{shown} names something twice; remove the repetition"
    if validator == "minLength":
        return f"must not be empty{meaning}"
    return f"{shown} is not written as wanted{meaning}"


def _meaning(schema: Any) -> str:
    """First sentence of a description; it holds the unit."""
    text = schema.get("description", "") if isinstance(schema, dict) else ""
    return f": {text.split('. ')[0].strip().rstrip('.')}" if text else ""


def _name_type(wanted: str | list[str]) -> str:
    return " or ".join(_TYPES[name] for name in _listed(wanted))


def _listed(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else list(wanted)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _join(keys: Iterable[Any]) -> str:
    path = ""
    for key in keys:
        path += f"[{key}]" if isinstance(key, int) else f".{key}"
    return path.lstrip(".") or "the configuration"
