"""Figures for reports; every function returns a matplotlib figure and draws on nothing global.

Its modules are imported one by one: those of charts do without what those of maps need.
"""
