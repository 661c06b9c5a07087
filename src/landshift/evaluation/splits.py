"""Draws of shots and held-out samples that never share a spatial block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

MIN_HELD_OUT = 10
"""Least number of held-out presences, and of absences, in a draw."""

MAX_ATTEMPTS = 1000


@dataclass(frozen=True)
class Draw:
    """One random split of a target.

    Attributes
    ----------
    held_out
        Rows of the sample table that are predicted.
    presences, absences
        Rows to take shots from, in random order: the first K of each are the K shots, so that
        fewer shots are always part of more.
    shot_blocks
        Blocks that gave shots.
    """

    held_out: np.ndarray
    presences: np.ndarray
    absences: np.ndarray
    shot_blocks: np.ndarray

    def take_shots(self, samples: pd.DataFrame, shots: int) -> pd.DataFrame:
        """Take the first `shots` presences and as many absences."""
        rows = np.concatenate([self.presences[:shots], self.absences[:shots]])
        return samples.iloc[rows]


def draw_splits(samples: pd.DataFrame, *, shots: int, draws: int, seed: int) -> Iterator[Draw]:
    """Split the blocks in halves again and again: one half is held out, the other gives shots.

    Parameters
    ----------
    samples
        Samples of one region, columns ``block`` and ``presence`` among them.
    shots
        Largest number of shots needed in a draw.
    draws
        Number of draws.
    seed
        Seed; draw i is the same whatever the number of draws.

    Raises
    ------
    ValueError
        If the region's blocks cannot be split so that one half has enough shots and the other
        enough held-out samples.
    """
    blocks = np.unique(samples["block"])
    block = samples["block"].to_numpy()
    presence = samples["presence"].to_numpy() == 1
    for number in range(draws):
        generator = np.random.default_rng([seed, number])
        for _ in range(MAX_ATTEMPTS):
            order = generator.permutation(blocks)
            held_blocks, shot_blocks = np.split(order, [len(order) // 2])
            held = np.isin(block, held_blocks)
            available = min((presence & ~held).sum(), (~presence & ~held).sum())
            tested = min((presence & held).sum(), (~presence & held).sum())
            if available >= shots and tested >= MIN_HELD_OUT:
                break
        else:
            raise ValueError(
                f"{presence.sum()} presences in {len(blocks)} blocks cannot be split into "
                f"{shots} shots and {MIN_HELD_OUT} held-out presences; lower benchmark.shots"
            )
        yield Draw(
            held_out=np.flatnonzero(held),
            presences=generator.permutation(np.flatnonzero(presence & ~held)),
            absences=generator.permutation(np.flatnonzero(~presence & ~held)),
            shot_blocks=shot_blocks,
        )
