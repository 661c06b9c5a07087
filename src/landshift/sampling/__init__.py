"""Tables that models learn from: samples, background, shots, blocks, and the choice of factors."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "draw": ["draw_background", "draw_samples"],
        "selection": ["select_factors"],
        "shots": ["choose_shots"],
    },
)
