"""A short hash of the library's source, so that an edited module re-runs the rules that use it.

A module counts with its data: the files next to it that have its name and another ending, such as
``table.toml`` next to ``table.py``.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_NAME = _PACKAGE.name
_WITHOUT_EFFECT = {"runtime.jobs", "runtime.logs"}
"""Modules that scripts import and that change no result."""


def fingerprint(*modules: str) -> str:
    """Hash the source of modules of this package and of all they import from it.

    Nothing is imported: the import statements are read from the source, also those inside
    functions. A module that imports by name (`importlib.import_module`) may import any module
    of its folder, so all of them count. The hash changes with any byte of these files and of their
    data, and with nothing else.

    Parameters
    ----------
    modules
        Names below the package, such as ``runtime.seeds``.

    Returns
    -------
    str
        Sixteen hexadecimal digits of a SHA-256.

    Raises
    ------
    ValueError
        If the package has no module of that name.

    Examples
    --------
    >>> fingerprint("runtime.seeds") == fingerprint("runtime.seeds")
    True
    """
    digest = hashlib.sha256()
    for module in sorted(_collect(modules)):
        digest.update(f"{module}\0{_read(_find(module)).hex}\0".encode())
    return digest.hexdigest()[:16]


def fingerprint_script(path: str | Path) -> str:
    """Hash a script and all that it imports from this package.

    The text of the script counts and not its time, so that a fresh clone repeats nothing.

    Parameters
    ----------
    path
        The Python file that a rule runs.

    Returns
    -------
    str
        Sixteen hexadecimal digits of a SHA-256.
    """
    text = Path(path).read_bytes()
    imported = _list_imports(ast.parse(text, filename=str(path)), package=())
    modules = {module for module in imported if module and _locate(module)} - _WITHOUT_EFFECT
    return hashlib.sha256(text + fingerprint(*modules).encode()).hexdigest()[:16]


def list_modules(*modules: str) -> list[str]:
    """List the named modules and all modules of the package that they import, directly or not."""
    return sorted(_collect(modules))


class _Source:
    """What is needed of one source file: its hash, with its data, and its imports."""

    def __init__(self, path: Path) -> None:
        text = path.read_bytes()
        digest = hashlib.sha256(text)
        for data in _list_data(path):
            digest.update(f"\0{data.name}\0".encode() + data.read_bytes())
        self.hex = digest.hexdigest()
        self.imports = frozenset(_find_imports(ast.parse(text, filename=str(path)), path))


def _list_data(path: Path) -> list[Path]:
    """List the files that a module reads: those of its name, and no Python."""
    same = sorted(path.parent.glob(f"{path.stem}.*"))
    return [each for each in same if each.stem == path.stem and each.suffix != ".py"]


@cache
def _read(path: Path) -> _Source:
    return _Source(path)


def _collect(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(_read(_find(module)).imports)
    return found


def _find(module: str) -> Path:
    path = _locate(module)
    if path is None:
        raise ValueError(f"the package {_NAME} has no module {module!r}; check its spelling")
    return path


def _locate(module: str) -> Path | None:
    stem = _PACKAGE.joinpath(*module.split("."))
    candidates = [stem.with_name(f"{stem.name}.py"), stem / "__init__.py"]
    return next((path for path in candidates if path.is_file()), None)


def _find_imports(tree: ast.Module, path: Path) -> set[str]:
    own = path.relative_to(_PACKAGE).with_suffix("").parts
    package = own[:-1]
    found = set() if own[-1] == "__init__" else {".".join(package)}
    found |= _list_imports(tree, package)
    if _imports_by_name(tree):
        found |= _modules_next_to(path)
    return {module for module in found if module and _locate(module)}


def _list_imports(tree: ast.Module, package: tuple[str, ...]) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found |= _modules_of(tuple(alias.name.split(".")))
        elif isinstance(node, ast.ImportFrom):
            base = _resolve(node, package)
            for alias in node.names:
                found |= _modules_of((*base, alias.name))
    return found


def _imports_by_name(tree: ast.Module) -> bool:
    return any(
        alias.name == "import_module"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def _modules_next_to(path: Path) -> set[str]:
    package = path.parent.relative_to(_PACKAGE).parts
    stems = {module.stem for module in path.parent.glob("*.py")} - {"__init__"}
    return {".".join((*package, stem)) for stem in stems}


def _resolve(node: ast.ImportFrom, package: tuple[str, ...]) -> tuple[str, ...]:
    named = tuple(node.module.split(".")) if node.module else ()
    if node.level == 0:
        return named
    return (_NAME, *package[: len(package) - node.level + 1], *named)


def _modules_of(dotted: tuple[str, ...]) -> set[str]:
    """Name every module of this package that importing a dotted name would run."""
    if dotted[0] != _NAME:
        return set()
    return {".".join(dotted[1:stop]) for stop in range(2, len(dotted) + 1)}
