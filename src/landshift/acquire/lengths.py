"""Units of length that elevations come in, and the names that files give them."""

LENGTHS_M = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "us-ft": 1200 / 3937}
"""Metres in a unit, by the name that the configuration takes; `ft` is the international foot."""

_NAMES = {
    "m": ("metre", "metres", "meter", "meters"),
    "dm": ("decimetre", "decimetres", "decimeter", "decimeters"),
    "cm": ("centimetre", "centimetres", "centimeter", "centimeters"),
    "mm": ("millimetre", "millimetres", "millimeter", "millimeters"),
    "ft": ("foot", "feet", "international foot", "international feet", "foot international"),
    "us-ft": (
        *("us ft", "us foot", "us feet", "us survey foot", "us survey feet", "survey foot"),
        *("survey feet", "ftus", "usft", "foot us", "foot survey us"),
    ),
}
_KEYS = {name: key for key, names in _NAMES.items() for name in (key, *names)}


def find_length(name: str) -> str | None:
    """Find the unit of length that a name means; None if it means none that is known.

    Examples
    --------
    >>> find_length("US_Survey_Foot"), find_length("Metre"), find_length("furlong")
    ('us-ft', 'm', None)
    """
    name = name.strip().lower()
    words = name.replace(".", "").replace("(", " ").replace(")", " ").replace("_", " ")
    return _KEYS.get(name) or _KEYS.get(" ".join(words.split()))
