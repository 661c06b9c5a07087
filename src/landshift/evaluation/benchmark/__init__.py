"""Methods compared on draws of shots from a region that none of them has seen."""
