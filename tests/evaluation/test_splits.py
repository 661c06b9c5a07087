"""Splits: no block on both sides, nested shots, and draws that do not depend on their number."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landshift.evaluation.benchmark.splits import MIN_HELD_OUT, draw_split, redraw_blocks


def draw_splits(samples, *, shots, draws, seed):
    return [draw_split(samples, shots=shots, seed=seed + number) for number in range(draws)]


def make_samples(blocks=10, presences=12, absences=40):
    block = np.repeat(np.arange(blocks), presences + absences)
    presence = np.tile(np.repeat([1, 0], [presences, absences]), blocks)
    order = np.random.default_rng(0).permutation(len(block))
    return pd.DataFrame({"region": "birch", "block": block[order], "presence": presence[order]})


def rows_of(draw):
    return np.concatenate([draw.presences, draw.absences])


@settings(max_examples=25, deadline=None)
@given(blocks=st.integers(2, 12), seed=st.integers(0, 2**31 - 1))
def test_no_block_on_both_sides(blocks, seed):
    samples = make_samples(blocks)
    for draw in draw_splits(samples, shots=10, draws=3, seed=seed):
        held_blocks = set(samples["block"].iloc[draw.held_out])
        shot_blocks = set(samples["block"].iloc[rows_of(draw)])
        assert not held_blocks & shot_blocks
        assert shot_blocks == set(draw.shot_blocks)
        assert len(held_blocks) == blocks // 2


def test_every_sample_is_on_one_side():
    samples = make_samples()
    for draw in draw_splits(samples, shots=50, draws=5, seed=1):
        both = np.concatenate([draw.held_out, rows_of(draw)])
        np.testing.assert_array_equal(np.sort(both), np.arange(len(samples)))


def test_presences_and_absences_are_what_they_are_called():
    samples = make_samples()
    (draw,) = draw_splits(samples, shots=50, draws=1, seed=1)
    assert (samples["presence"].iloc[draw.presences] == 1).all()
    assert (samples["presence"].iloc[draw.absences] == 0).all()


def test_fewer_shots_are_part_of_more():
    samples = make_samples()
    (draw,) = draw_splits(samples, shots=50, draws=1, seed=1)
    few, many = draw.take_shots(samples, 5), draw.take_shots(samples, 50)
    assert few["presence"].tolist() == [1] * 5 + [0] * 5
    assert len(many) == 100
    assert set(few.index) < set(many.index)


def test_enough_is_held_out():
    # one block holds nearly all presences, so a split at random often fails
    samples = pd.concat(
        [make_samples(4, presences=3, absences=20), make_samples(1, 40, 40).assign(block=9)]
    )
    for draw in draw_splits(samples.reset_index(drop=True), shots=6, draws=10, seed=1):
        held_out = samples["presence"].iloc[draw.held_out]
        assert min((held_out == 1).sum(), (held_out == 0).sum()) >= MIN_HELD_OUT
        assert min(len(draw.presences), len(draw.absences)) >= 6


def test_redrawn_blocks_differ_by_seed_and_follow_the_samples():
    generator = np.random.default_rng(0)
    samples = pd.DataFrame({"x": generator.random(200), "y": generator.random(200), "block": 0})
    samples["block"] = np.arange(200) % 6
    background = samples[["x", "y"]].assign(block=-1)
    first, unlabelled = redraw_blocks(samples, background, seed=1)
    again, _ = redraw_blocks(samples, background, seed=1)
    other, _ = redraw_blocks(samples, background, seed=2)
    assert first["block"].nunique() == 6
    np.testing.assert_array_equal(first["block"], again["block"])
    assert (first["block"] != other["block"]).any()
    np.testing.assert_array_equal(first["block"], unlabelled["block"])
    np.testing.assert_array_equal(samples["block"], np.arange(200) % 6)


def test_draws_differ_from_each_other_and_between_seeds():
    samples = make_samples()
    draws = [
        tuple(draw.presences)
        for seed in (1, 100)
        for draw in draw_splits(samples, shots=20, draws=10, seed=seed)
    ]
    assert len(set(draws)) == 20


@pytest.mark.parametrize(
    "samples",
    [make_samples(10, presences=2), make_samples(1, 200, 200), make_samples(2, 60, absences=8)],
    ids=["few presences", "one block", "few absences"],
)
def test_an_impossible_split_is_an_error(samples):
    with pytest.raises(
        ValueError,
        match=r"region birch: .* cannot be split into 50 shots .* lower benchmark\.shots",
    ):
        list(draw_splits(samples, shots=50, draws=1, seed=1))
