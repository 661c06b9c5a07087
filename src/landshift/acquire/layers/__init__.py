"""Layers of the configuration, brought onto the grid of a region."""
