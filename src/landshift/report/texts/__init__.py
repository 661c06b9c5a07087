"""Texts of a report: model cards, the summary, where the data come from."""
