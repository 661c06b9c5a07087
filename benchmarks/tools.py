"""The programs that are compared: one small adapter each, in `peers/`.

An adapter is called with a DEM and an empty folder, derives its factors file to file as its manual
shows, and ends with one line of JSON: ``attributes``, the rasters it derived, and optionally
``steps``, seconds by step. Peers write uncompressed GeoTIFF, which is the fastest they can;
Landshift writes compressed tiles.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).with_name("peers")


@dataclass(frozen=True)
class Tool:
    """One program in one role."""

    name: str
    """What the table calls it."""
    group: str
    """``terrain`` or ``drainage``."""
    adapter: str
    """File in `peers/`."""
    own: bool = False
    """Whether it is Landshift or its yardstick, run by the environment of Landshift."""
    modules: tuple[str, ...] = ()
    """Python modules that it needs."""
    program: str | None = None
    """Program on the search path that it needs."""
    arguments: tuple[str, ...] = ()
    """Further arguments of the adapter."""
    environment: str = ".venv-bench"
    """Folder of the environment that runs the adapter, unless it is Landshift's."""

    def missing(self, python: str | None) -> str | None:
        """Say what is absent; None where the tool can run.

        Parameters
        ----------
        python
            Interpreter that would run the adapter; None where there is none.
        """
        if self.program and not shutil.which(self.program):
            return f"{self.program} is not installed"
        if python is None:
            return f"no {self.environment}: see benchmarks/README.md"
        if not self.modules:
            return None
        check = subprocess.run(
            [python, "-c", "import " + ", ".join(self.modules)], capture_output=True, check=False
        )
        return f"cannot import {', '.join(self.modules)}" if check.returncode else None


TOOLS = (
    Tool("Landshift terrain", "terrain", "landshift_group.py", own=True, arguments=("terrain",)),
    Tool(
        "read, write as many random bands",
        "terrain",
        "write_random_bands.py",
        own=True,
        arguments=("terrain",),
    ),
    Tool("gdaldem", "terrain", "run_gdaldem.py", own=True, program="gdaldem"),
    Tool(
        "gdaldem, tiles as Landshift's",
        "terrain",
        "run_gdaldem.py",
        own=True,
        program="gdaldem",
        arguments=("--compress",),
    ),
    Tool("xDEM", "terrain", "run_xdem.py", modules=("xdem",)),
    Tool("xarray-spatial", "terrain", "run_xrspatial.py", modules=("xrspatial", "rasterio")),
    Tool(
        "RichDEM",
        "terrain",
        "run_richdem.py",
        modules=("richdem", "rasterio"),
        environment=".venv-richdem",
    ),
    Tool(
        "TopoToolbox",
        "terrain",
        "run_topotoolbox.py",
        modules=("topotoolbox", "rasterio"),
        arguments=("terrain",),
    ),
    Tool("SAGA", "terrain", "run_saga.py", own=True, program="saga_cmd", arguments=("terrain",)),
    Tool("GRASS", "terrain", "run_grass.py", own=True, program="grass", arguments=("terrain",)),
    Tool("Landshift drainage", "drainage", "landshift_group.py", own=True, arguments=("drainage",)),
    Tool(
        "read, write as many random bands",
        "drainage",
        "write_random_bands.py",
        own=True,
        arguments=("drainage",),
    ),
    Tool("pyflwdir", "drainage", "run_pyflwdir.py", modules=("pyflwdir", "rasterio")),
    Tool(
        "xarray-spatial",
        "drainage",
        "run_xrspatial.py",
        modules=("xrspatial", "rasterio"),
        arguments=("drainage",),
    ),
    Tool(
        "RichDEM",
        "drainage",
        "run_richdem.py",
        modules=("richdem", "rasterio"),
        arguments=("--drainage",),
        environment=".venv-richdem",
    ),
    Tool(
        "TopoToolbox",
        "drainage",
        "run_topotoolbox.py",
        modules=("topotoolbox", "rasterio"),
        arguments=("drainage",),
    ),
    Tool("SAGA", "drainage", "run_saga.py", own=True, program="saga_cmd", arguments=("drainage",)),
    Tool("GRASS", "drainage", "run_grass.py", own=True, program="grass", arguments=("drainage",)),
)
"""All tools, in the order in which they run; each group starts with Landshift."""
