"""Regions that do not exist, whose truth is known: for tests, and for studies without any data."""
