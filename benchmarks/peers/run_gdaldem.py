"""GDAL: `gdaldem`, one program per attribute, as its manual shows.

`--compress` adds the layout of Landshift's files; without it the files are plain.
"""

import subprocess
import sys

from adapter import Report, read_paths

ATTRIBUTES = {
    "slope": ["slope"],
    "aspect": ["aspect"],
    "terrain_ruggedness": ["TRI", "-alg", "Riley"],
    "roughness": ["roughness"],
    "tpi": ["TPI"],
}
LAYOUT = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=ZSTD", "ZSTD_LEVEL=1"]

if __name__ == "__main__":
    dem, folder = read_paths()
    options = ["-q", "-compute_edges"]
    if "--compress" in sys.argv:
        for option in [*LAYOUT, "NUM_THREADS=ALL_CPUS"]:
            options += ["-co", option]
    report = Report()
    for name, (mode, *choice) in ATTRIBUTES.items():
        output = folder / f"{name}.tif"
        subprocess.run(["gdaldem", mode, dem, output, *choice, *options], check=True)
        report.attributes.append(name)
        report.finish_step(name)
    report.print()
