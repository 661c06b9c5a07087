"""Saving and loading of models under their public names."""

from landshift.transfer.storage import load_model, save_model

__all__ = ["load_model", "save_model"]
