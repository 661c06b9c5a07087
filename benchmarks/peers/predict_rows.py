"""Time one tool on the models and cells that `predict_write.py` wrote.

python predict_rows.py FOLDER TOOL THREADS

TOOL is landshift, plain, libraries, treelite or onnxruntime. Prints, per family, wall and CPU
seconds for both preparations and the largest difference from the learner's own logit; preparing
the factors counts for Landshift alone. The last two tools read the trees from plain arrays.
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

PREPARATIONS = ("raw", "rank")
TREES = ("rf", "xgb", "lgbm")
REPEATS = 3
BATCH = 8192

Predict = Callable[[], np.ndarray]


def main(folder: Path, tool: str, threads: int) -> None:
    """Time every family and print one line of JSON."""
    timers = {
        "landshift": time_landshift,
        "plain": time_plain,
        "libraries": time_libraries,
        "treelite": time_arrays,
        "onnxruntime": time_arrays,
    }
    print(json.dumps(timers[tool](folder, tool, threads)))


def measure(predict: Predict) -> tuple[np.ndarray, np.ndarray]:
    """Wall and CPU seconds, the least of some runs after one that is not counted."""
    predict()
    seconds = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        result = predict()
        seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
    return np.min(seconds, axis=0), result


def time_landshift(folder: Path, tool: str, threads: int) -> dict:
    """Time the compiled model, whole and by family."""
    from landshift.mapping.compiled.model import compile_model
    from landshift.transfer.storage import load_model

    model = load_model(folder / "model")
    values = np.load(folder / "values.npy")
    compiled = compile_model(model)
    expected = model.predict(values[:BATCH])
    rows: dict = {}
    seconds, found = measure(lambda: in_threads(compiled.predict, values, threads, "logit"))
    add(rows, "ensemble with stage 2", seconds, found[:BATCH] - expected.logit)
    padded = values[: len(values) // 64 * 64]
    seconds, intervals = measure(lambda: in_threads(compiled.intervals.find, padded, threads))
    add(rows, "factors", seconds, np.zeros(1))
    for column, forest in compiled.forests.items():
        learner, name = list_columns(model)[column]
        own = model.source_score.models[column // 2].fitted[name]
        seconds, total = measure(lambda forest=forest: in_threads(forest.sum, intervals, threads))
        logit = np.load(folder / f"{learner}_{name}_logit.npy")[: len(padded)]
        add(rows, learner, seconds, own.logit_of_sum(total) - logit)
    return rows


def time_plain(folder: Path, tool: str, threads: int) -> dict:
    """Time the model as it is fitted: tree after tree and by BLAS, in batches by thread."""
    from landshift.transfer.storage import load_model

    model = load_model(folder / "model")
    values = np.load(folder / "values.npy")
    seconds, _ = measure(lambda: in_threads(model.predict, values, threads, "logit"))
    rows: dict = {}
    add(rows, "ensemble with stage 2", seconds, np.zeros(1))
    return rows


def time_libraries(folder: Path, tool: str, threads: int) -> dict:
    """Time scikit-learn, XGBoost and LightGBM by their own predict functions, with all cores."""
    from landshift.transfer.storage import load_model

    model = load_model(folder / "model")
    rows: dict = {}
    for source in model.source_score.models:
        for name in PREPARATIONS:
            predict = library_predict(source.learner, source.fitted[name], folder, name, threads)
            seconds, logit = measure(predict)
            add(rows, source.learner, seconds, logit - load_logit(folder, source.learner, name))
    return rows


def library_predict(learner: str, fitted, folder: Path, name: str, threads: int) -> Predict:
    """Make the call that a user of the library would write; it ends at the logit."""
    values = np.load(folder / f"{name}.npy")
    if learner == "xgb":
        booster = boost_again(folder, learner, name)
        booster.set_param({"nthread": threads})
        return lambda: booster.inplace_predict(values, predict_type="margin")
    if learner == "lgbm":
        booster = boost_again(folder, learner, name)
        return lambda: booster.predict(values, raw_score=True, num_threads=threads)
    if learner == "lr":
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression()
        model.coef_, model.intercept_ = fitted.weights[None], np.array([fitted.intercept])
        model.classes_ = np.array([0, 1])
        return lambda: model.decision_function(values)
    forest = grow_again(folder, name, threads)
    return lambda: fitted.logit_of_sum(forest.predict_proba(values)[:, 1] * len(fitted.roots))


def boost_again(folder: Path, learner: str, name: str):
    """Train the library's booster of a preparation as the learner does."""
    from landshift.runtime.seeds import derive_seed
    from landshift.transfer.learners import get_learner

    with np.load(folder / "training.npz") as training:
        seed = derive_seed(int(training["seed"]), learner, name)
        data = (training[key] for key in (name, "labels", "weights"))
        return get_learner(learner).train(*data, seed=seed)


def grow_again(folder: Path, name: str, threads: int):
    """Grow the forest of a preparation as the learner does."""
    from sklearn.ensemble import RandomForestClassifier

    from landshift.runtime.seeds import derive_seed
    from landshift.transfer.learners.random_forest import SAMPLES_PER_LEAF, TREES

    with np.load(folder / "training.npz") as training:
        forest = RandomForestClassifier(
            n_estimators=TREES,
            min_samples_leaf=SAMPLES_PER_LEAF,
            random_state=derive_seed(int(training["seed"]), "rf", name),
            n_jobs=threads,
        )
        return forest.fit(training[name], training["labels"], training["weights"])


def time_arrays(folder: Path, tool: str, threads: int) -> dict:
    """Time a tool that takes the trees from plain arrays."""
    compile_trees = {"treelite": compile_treelite, "onnxruntime": compile_onnx}[tool]
    rows: dict = {}
    for learner in TREES:
        for name in PREPARATIONS:
            values = np.load(folder / f"{name}.npy")
            with np.load(folder / f"{learner}_{name}_trees.npz") as trees:
                predict = compile_trees(dict(trees), values, threads)
            seconds, total = measure(predict)
            logit = load_logit(folder, learner, name)
            if learner == "rf":
                share = np.clip(total / 150, 1e-3, 1 - 1e-3)
                total = np.log(share / (1 - share))
            add(rows, learner, seconds, total - logit)
    return rows


def compile_treelite(trees: dict, values: np.ndarray, threads: int) -> Predict:
    """Build the trees in treelite, for its general inference."""
    import treelite
    from treelite.model_builder import Metadata, ModelBuilder, PostProcessorFunc, TreeAnnotation

    roots = trees["roots"]
    builder = ModelBuilder(
        threshold_type="float32",
        leaf_output_type="float32",
        metadata=Metadata(
            num_feature=values.shape[1],
            task_type="kRegressor",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=TreeAnnotation(
            num_tree=len(roots), target_id=[0] * len(roots), class_id=[0] * len(roots)
        ),
        postprocessor=PostProcessorFunc(name="identity"),
        base_scores=[float(trees["start"])],
    )
    for first, last in bounds(trees):
        builder.start_tree()
        for node in range(first, last):
            builder.start_node(node - first)
            if trees["left"][node] < 0:
                builder.leaf(float(trees["value"][node]))
            else:
                builder.numerical_test(
                    feature_id=int(trees["factor"][node]),
                    threshold=float(trees["threshold"][node]),
                    default_left=True,
                    opname="<=",
                    left_child_key=int(trees["left"][node] - first),
                    right_child_key=int(trees["right"][node] - first),
                )
            builder.end_node()
        builder.end_tree()
    model = builder.commit()
    return lambda: treelite.gtil.predict(model, values, nthread=threads).ravel()


def compile_onnx(trees: dict, values: np.ndarray, threads: int) -> Predict:
    """Write the trees as one node of an ONNX graph."""
    import onnxruntime
    from onnx import TensorProto, helper

    leaf = trees["left"] < 0
    tree = np.zeros(len(leaf), int)
    number = np.zeros(len(leaf), int)
    for index, (first, last) in enumerate(bounds(trees)):
        tree[first:last], number[first:last] = index, np.arange(last - first)
    offset = np.arange(len(leaf)) - number
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["cells"],
        ["total"],
        domain="ai.onnx.ml",
        nodes_treeids=tree.tolist(),
        nodes_nodeids=number.tolist(),
        nodes_featureids=np.where(leaf, 0, trees["factor"]).tolist(),
        nodes_modes=["LEAF" if each else "BRANCH_LEQ" for each in leaf],
        nodes_values=np.where(leaf, 0, trees["threshold"]).tolist(),
        nodes_truenodeids=np.where(leaf, 0, trees["left"] - offset).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, trees["right"] - offset).tolist(),
        target_treeids=tree[leaf].tolist(),
        target_nodeids=number[leaf].tolist(),
        target_ids=[0] * int(leaf.sum()),
        target_weights=trees["value"][leaf].tolist(),
        base_values=[float(trees["start"])],
        n_targets=1,
    )
    shape = [None, values.shape[1]]
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("total", TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, {"cells": values})[0].ravel()


def bounds(trees: dict) -> list[tuple[int, int]]:
    """First node of every tree, and the one after its last."""
    ends = [*trees["roots"][1:], len(trees["left"])]
    return [(int(first), int(last)) for first, last in zip(trees["roots"], ends, strict=True)]


def in_threads(
    function: Callable, cells: np.ndarray, threads: int, part: str | None = None
) -> np.ndarray:
    """Apply a function to batches of cells in threads, as maps do, and join a part of the result.

    Cells are rows, or blocks of rows.
    """
    step = BATCH if cells.ndim == 2 else BATCH // cells.shape[-1]
    batches = [cells[start : start + step] for start in range(0, len(cells), step)]
    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(function, batches))
    return np.concatenate([getattr(each, part) if part else each for each in results])


def list_columns(model) -> list[tuple[str, str]]:
    """Learner and preparation of every column of the logits."""
    return [(s.learner, name) for s in model.source_score.models for name in PREPARATIONS]


def load_logit(folder: Path, learner: str, name: str) -> np.ndarray:
    """Logit that the learner itself gave when the models were made."""
    return np.load(folder / f"{learner}_{name}_logit.npy")


def add(rows: dict, family: str, seconds: np.ndarray, difference: np.ndarray) -> None:
    """Add a preparation to the row of its family."""
    row = rows.setdefault(family, {"wall_s": 0.0, "cpu_s": 0.0, "difference": 0.0})
    row["wall_s"] += float(seconds[0])
    row["cpu_s"] += float(seconds[1])
    row["difference"] = max(row["difference"], float(np.abs(difference).max()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
