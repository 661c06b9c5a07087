"""Where to act first: units, what is exposed, and corridors ranked by the map."""
