"""The text of a configuration, before it is a study: written soundly, of bounded size, no secrets.

A YAML reader takes the last of two equal keys in silence, unfolds aliases of aliases without end,
and says of a wrong indent neither where it is nor what to do. Snakemake's runs expressions of
Python in a file that has the key `__use_yte__`.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from landshift.study.parts import Problem
from landshift.study.sentences import join

MOST_NODES = 100_000
"""Keys and values that a configuration may have, aliases unfolded."""

MOST_LEVELS = 30
"""Levels that a configuration may be nested; a study has eight."""

MOST_BYTES = 10 << 20
"""Bytes of the file of a configuration."""

MOST_LINES = 50
"""Problems that are told at once; a reader would not scroll back for more."""

_TEMPLATE = "__use_yte__"
"""Key by which a file asks Snakemake to run the expressions of Python in it."""

_SECRET = re.compile(
    r"://[^/\s?#]*@"
    r"|[?&](x-(amz|goog)-[\w-]+|awsaccesskeyid|googleaccessid|apikey|accesskey|pass|passwd|pwd|auth"
    r"|authorization|credentials?|(\w+[-_])?(sig|signature|token|key|secret|password))=",
    re.IGNORECASE,
)
"""Names and passwords before a host, and what services call keys and signatures in a query."""


def check_file(path: str | Path) -> Any:
    """Check the file of a configuration, and return what it holds, as `check_text` does of a text.

    Raises
    ------
    ValueError
        As `check_text`, or if the file is no text, or larger than any configuration.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    with path.open("rb") as stored:
        content = stored.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(
            f"{path}: is larger than {MOST_BYTES >> 20} MB, which no study is; name the file of a "
            "configuration"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: byte {error.start} is no UTF-8; save it as UTF-8") from None
    # Tabs between the words are sound in JSON, and nowhere in YAML.
    return check_text(text.expandtabs() if path.suffix == ".json" else text, str(path))


def check_text(text: str, name: str) -> Any:
    """Check that a text can be read as YAML, and means what it says.

    Parameters
    ----------
    text
        A configuration.
    name
        What messages call it, such as its file.

    Returns
    -------
    dict or other
        What it holds; None of an empty one.

    Raises
    ------
    ValueError
        With line and column of what is no YAML; if there is too much of it, with all aliases
        unfolded; if it holds tags, or would run code; or with every key that stands twice.
    """
    try:
        _bound(text, name)
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        raise_problems(_find_repeated_keys(root))
        stated = None if root is None else _construct(loader, root, name)
    except yaml.YAMLError as error:
        raise ValueError(_explain_syntax(error, name)) from None
    if isinstance(stated, dict) and _TEMPLATE in stated:
        raise ValueError(
            f"{name}: the key {_TEMPLATE} lets a configuration run code; read the file before you "
            "run anything with it, and remove that key"
        )
    return stated


def _construct(loader: yaml.SafeLoader, root: yaml.Node, name: str) -> Any:
    """Make the values: a date may be none of the calendar, and a number have too many digits."""
    try:
        return loader.construct_document(root)
    except ValueError as error:
        raise ValueError(f"{name}: {error}; correct the date or number, or quote it") from None


def read_files(paths: Iterable[str | Path]) -> dict[str, Any]:
    """Read the files of a configuration, each laid over those before it, as Snakemake does.

    Raises
    ------
    ValueError, OSError
        As `check_file`; if a file is missing, or holds no keys.
    """
    config: dict[str, Any] = {}
    for path in paths:
        stated = check_file(path)
        if not isinstance(stated, dict):
            raise ValueError(f"{path}: holds no keys with values, so it is no study")
        _lay_over(config, stated)
    return config


def _lay_over(config: dict[str, Any], stated: dict[str, Any]) -> None:
    for key, value in stated.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _lay_over(config[key], value)
        else:
            config[key] = value


def _bound(text: str, name: str) -> None:
    """Refuse a text whose nodes, aliases unfolded, are too many to be walked."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            # an alias within its own anchor is not closed yet: it would never end
            nodes += sizes.get(event.anchor, MOST_NODES)
        elif isinstance(event, yaml.NodeEvent):
            open_nodes.append((event.anchor, nodes))
            nodes += 1
        if getattr(event, "tag", None) is not None:
            raise ValueError(
                f"{name}, line {event.start_mark.line + 1}: has the tag {event.tag[:40]}, but no "
                "key of a study takes one; remove it"
            )
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            sizes |= {anchor: nodes - before} if anchor else {}
        if nodes > MOST_NODES or len(open_nodes) > MOST_LEVELS:
            line = event.start_mark.line + 1
            raise ValueError(
                f"{name}, line {line}: no study has more than {MOST_NODES} keys and values, nor "
                f"more than {MOST_LEVELS} levels; remove aliases (`*name`) and nested brackets"
            )


def _explain_syntax(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "is no YAML"
    remedy = f"{problem}; correct the YAML there"
    if "'\\t'" in problem:
        remedy = "a tab stands here; indent with spaces only"
    elif "could not find expected ':'" in problem:
        mark, remedy = error.context_mark, "this key has no colon; write `key: value`"
    elif "expected <block end>" in problem or "mapping values are not allowed" in problem:
        remedy = (
            "this line is not indented like its neighbours, or the one before lacks its colon or "
            "quotes; give all keys of one level the same number of spaces"
        )
    return (
        f"{name}, line {mark.line + 1}, column {mark.column + 1}: {remedy}"
        if mark
        else (f"{name}: {remedy}")
    )


def _find_repeated_keys(node: Any, path: str = "") -> Iterator[Problem]:
    if node is None or not isinstance(node.value, list):
        return
    seen = set()
    for item in node.value:
        if not isinstance(item, tuple):
            yield from _find_repeated_keys(item, path)
            continue
        key, value = item
        below = f"{path}.{key.value}".lstrip(".")
        if str(key.value) in seen:
            line = key.start_mark.line + 1
            yield below, f"stated twice, again in line {line}; remove or rename one of them"
        seen.add(str(key.value))
        yield from _find_repeated_keys(value, below)


def find_secrets(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Problem]:
    """Find addresses that hold a password or a signature; what is found is not repeated."""
    if isinstance(value, str) and _SECRET.search(value):
        yield (
            join(path),
            "holds a password, a key or a signature, which would stand in reports and logs; remove "
            "it here, and state it in `.netrc` or the environment (docs/security.md)",
        )
    elif isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from find_secrets(below, (*path, key))


def raise_problems(problems: Iterable[Problem]) -> None:
    """Raise a ValueError with a line for every problem; without any, do nothing."""
    lines = [f"  {path}: {problem}" for path, problem in problems]
    if lines:
        count = "one problem" if len(lines) == 1 else f"{len(lines)} problems"
        more = [f"  and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
        heading = f"the study's configuration has {count}:"
        raise ValueError("\n".join([heading, *lines[:MOST_LINES], *more]))
