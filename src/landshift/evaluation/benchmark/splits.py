"""Draws of shots and held-out samples that never share a spatial block."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landshift.sampling.spatial_blocks import assign_blocks, nearest_blocks

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


def redraw_blocks(
    samples: pd.DataFrame, background: pd.DataFrame, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide a region into as many spatial blocks as before, but other ones.

    Scores over draws from one division depend on where its borders happen to lie; a new division
    for every draw averages that out.
    """
    blocks = samples["block"].nunique()
    divided = samples.assign(block=assign_blocks(samples, blocks, seed))
    return divided, background.assign(block=nearest_blocks(divided, background))


def draw_split(samples: pd.DataFrame, *, shots: int, seed: int) -> Draw:
    """Split the blocks in halves: one half is held out, the other gives shots.

    Parameters
    ----------
    samples
        Samples of one region, columns ``region``, ``block`` and ``presence`` among them.
    shots
        Largest number of shots needed.
    seed
        Seed of the draw.

    Raises
    ------
    ValueError
        If the region's blocks cannot be split so that one half has enough shots and the other
        enough held-out samples.
    """
    blocks = np.unique(samples["block"])
    block = samples["block"].to_numpy()
    presence = samples["presence"].to_numpy() == 1
    generator = np.random.default_rng(seed)
    for _ in range(MAX_ATTEMPTS):
        held_blocks, shot_blocks = np.split(generator.permutation(blocks), [len(blocks) // 2])
        held = np.isin(block, held_blocks)
        available = min((presence & ~held).sum(), (~presence & ~held).sum())
        tested = min((presence & held).sum(), (~presence & held).sum())
        if available >= shots and tested >= MIN_HELD_OUT:
            return Draw(
                held_out=np.flatnonzero(held),
                presences=generator.permutation(np.flatnonzero(presence & ~held)),
                absences=generator.permutation(np.flatnonzero(~presence & ~held)),
                shot_blocks=shot_blocks,
            )
    used = len(np.unique(block[presence]))
    raise ValueError(
        f"region {samples['region'].iloc[0]}: {presence.sum()} landslides in {used} of "
        f"{len(blocks)} spatial blocks cannot be split into {shots} shots and {MIN_HELD_OUT} "
        "held-out landslides; lower benchmark.shots, raise samples.blocks, or leave the region out "
        "of benchmark.targets"
    )
