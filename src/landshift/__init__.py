"""Landslide susceptibility where landslide data are few: two-stage transfer fine-tuning."""

__version__ = "0.1.0"
