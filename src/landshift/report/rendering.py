"""Texts from templates: a value that comes from data is text there, whatever it holds."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from markupsafe import Markup

from landshift.factors.table import name_factor
from landshift.runtime.addresses import redact
from landshift.runtime.plain_text import UNSEEN

_UNPRINTABLE = re.compile(rf"[^\S ]|[{UNSEEN}]")
"""White space, and what cannot be seen."""

_MARKS = re.compile(
    r"[\\`*\[\]<>|&~#]"  # what may begin code, emphasis, a link, HTML, a cell, an entity
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore between letters is none
    r"|^(?:[-+](?= |$)|[-=]+$)"  # a list, a line, a heading
)
_NUMBERED = re.compile(r"^(\d{1,9})(?=[.)](?: |$))")


def fold(value: object) -> str:
    r"""Write a value on one line, without what cannot be seen and without secrets of addresses.

    Examples
    --------
    >>> fold("first\nsecond\x1b[31m")
    'first second [31m'
    """
    return redact(_UNPRINTABLE.sub(" ", str(value)))


def escape_markdown(value: object) -> str:
    r"""Write a value so that Markdown shows it as it is, on one line.

    Examples
    --------
    >>> print(escape_markdown("![slope_mean](https://example.org)"))
    !\[slope_mean\](https://example.org)
    """
    return _NUMBERED.sub(r"\1\\", _MARKS.sub(r"\\\g<0>", fold(value).strip()))


def render_markdown(template: str, **values: Any) -> str:
    """Fill in a template of Markdown, in which every value is text.

    Parameters
    ----------
    template
        File below this folder, such as ``texts/summary.j2``. It lies next to the module of the
        same name, which computes the values.
    values
        What the template names; its filter ``factor`` names the factor of a code.

    Raises
    ------
    ValueError
        If a value is missing.
    """
    return _fill_in(_MARKDOWN, template, values)


def render_text(template: str, **values: Any) -> str:
    """Fill in a template of plain text; see `render_markdown`."""
    return _fill_in(_PLAIN, template, values)


def _fill_in(environment: Environment, template: str, values: Mapping[str, Any]) -> str:
    try:
        return environment.get_template(template).render(values)
    except UndefinedError as error:
        raise ValueError(f"{template}: {error}; make the file that holds it again") from None


def _set_up(to_text: Callable[[object], str]) -> Environment:
    def finalize(value: object) -> Markup:
        return value if isinstance(value, Markup) else Markup(to_text(value))

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        # results of macros are markup, and stay as they are; nothing else is
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["factor"] = name_factor
    return environment


_PLAIN, _MARKDOWN = _set_up(fold), _set_up(escape_markdown)
