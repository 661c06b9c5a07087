"""The five classes of a susceptibility map: their names and colours."""

CLASS_NAMES = ("very low", "low", "moderate", "high", "very high")
"""Names of the classes 1 to 5."""

CLASS_COLOURS = ("#ffffd4", "#fed98e", "#fe9929", "#d95f0e", "#8c2d04")
"""Colours of the classes 1 to 5; they darken evenly, so they survive greyscale print."""
