"""One page that shows the maps of a study in a browser, without network or server."""

from landshift.viewer.layers import KINDS
from landshift.viewer.overview import SIDE, Overview, read_overview
from landshift.viewer.page import Place, write_viewer

__all__ = ["KINDS", "SIDE", "Overview", "Place", "read_overview", "write_viewer"]
