"""One page that shows the maps of a study in a browser, without network or server."""

from landshift.report.viewer.layers import KINDS
from landshift.report.viewer.overview import SIDE, Overview, read_overview
from landshift.report.viewer.page import Place, write_viewer

__all__ = ["KINDS", "SIDE", "Overview", "Place", "read_overview", "write_viewer"]
