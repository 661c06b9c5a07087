"""Two-stage transfer fine-tuning: learn on the sources, fine-tune on the shots of a target."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "pretraining": ["SourceModel", "pretrain_sources"],
        "fine_tuning": ["fine_tune_target"],
        "target_model": ["TargetModel"],
        "prediction": ["Model", "Prediction"],
        "storage": ["load_model", "save_model"],
    },
)
