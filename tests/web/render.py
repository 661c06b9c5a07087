"""Draw maps in QGIS by their styles, and print what QGIS said of each as JSON.

Runs in the interpreter that has PyQGIS, apart from the tests themselves:
`python3 render.py < jobs.json`. A job has a `raster`, its `style` (QML), the `picture` to write, a
PNG with one pixel per cell whose gaps are transparent, and `sld`, the style as QGIS exports it.
QGIS reads no SLD for rasters; what it writes shows what ours should say.
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsLayerTree,
    QgsMapLayerLegend,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor


def main():
    """Draw every job of standard input."""
    application = QgsApplication([], False)
    application.initQgis()
    print(json.dumps([draw(job) for job in json.load(sys.stdin)]))
    application.exitQgis()


def draw(job):
    """Load a raster and its style, draw it, export the style, and say how that went."""
    # A style beside the raster would be taken without being asked for.
    options = QgsRasterLayer.LayerOptions(loadDefaultStyle=False)
    layer = QgsRasterLayer(job["raster"], "map", "gdal", options)
    before = layer.renderer().type()
    message, loaded = layer.loadNamedStyle(job["style"])
    _, exported = layer.saveSldStyle(job["sld"])
    painter = QgsMapRendererSequentialJob(settle(layer))
    painter.start()
    painter.waitForFinished()
    painter.renderedImage().save(job["picture"])
    return {
        "loaded": loaded,
        "exported": exported,
        "message": message,
        "renderers": [before, layer.renderer().type()],
        "legend": list_legend(layer),
        "problems": [error.message for error in painter.errors()],
    }


def list_legend(layer):
    """List the lines that the map has in the legend of QGIS, the band's name first."""
    tree = QgsLayerTree()
    nodes = QgsMapLayerLegend.defaultRasterLegend(layer).createLayerTreeModelLegendNodes(
        tree.addLayer(layer)
    )
    words = [node.data(Qt.DisplayRole) for node in nodes]
    return [word for word in words if isinstance(word, str)]


def settle(layer):
    """Settle that each cell becomes one pixel."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(layer.width(), layer.height()))
    settings.setBackgroundColor(QColor(0, 0, 0, 0))
    return settings


if __name__ == "__main__":
    main()
