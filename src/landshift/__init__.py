"""Landslide susceptibility where landslide data are few: two-stage transfer fine-tuning."""

from landshift.runtime.gdal_drivers import switch_off_drivers

__version__ = "0.1.0"

switch_off_drivers()
