import numpy as np

from landshift.evaluation.baselines import predict_baselines
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.storage import load_model, save_model
from landshift.transfer.without_sources import make_untaught


def test_a_map_without_sources_is_that_of_its_own_landslides(target, tmp_path):
    model = make_untaught(["slope", "wetness", "relief"], {"slope": "degree"}, seed=1)
    save_model(model, tmp_path / "lr")
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=20)
    tuned = fine_tune_target(
        [load_model(tmp_path / "lr")], shots, target.background, prevalence=0.1, seed=1
    )
    cells = target.samples[list(tuned.factors)].to_numpy()
    found = predict_baselines(tuned, cells)
    # no map of the sources alone, since there are none
    assert set(found) == {"fine_tuned", "local_only", "slope"}
    assert np.corrcoef(found["fine_tuned"], found["local_only"])[0, 1] > 0.95
    presence = target.samples["presence"].to_numpy()
    ranks = found["fine_tuned"].argsort().argsort()
    count = presence.sum()
    auc = (ranks[presence == 1].sum() - count * (count - 1) / 2) / count / (len(presence) - count)
    assert auc > 0.7
    # a model that was saved and one that was not give the same map
    again = fine_tune_target([model], shots, target.background, prevalence=0.1, seed=1)
    np.testing.assert_array_equal(again.predict(cells).probability, found["fine_tuned"])
