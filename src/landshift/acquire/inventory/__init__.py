"""Inventories: mapped landslides read from what people have, cleaned, and kept in one form.

An inventory is a GeoDataFrame with the columns ``id`` (text), ``date`` (ISO text: year, or day;
missing where unknown) and ``geometry`` (points, patches of points, or polygons).
"""
