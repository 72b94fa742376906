"""The estimators: scikit-learn's checks and its meta-estimators, and the engine as an oracle."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.inspection import DecisionBoundaryDisplay, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.engine.losses import CrossEntropy, WeightedSquaredError
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.stack import Keep
from regcmp.engine.training import train
from regcmp.plan import make_plan
from regcmp.plan.settling import settle
from regcmp.runs.condition import Condition, Run
from regcmp.runs.stacking import stack_of

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 40, "random_state": 0}
ESTIMATORS = (regcmp.MLPClassifier, regcmp.MLPRegressor)
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = StandardScaler().fit_transform(X_IRIS)


def data(estimator: type, n: int = 150) -> tuple[Any, Any]:
    """Rows of iris in a mixed order, with their class, or a length to predict."""
    order = np.random.default_rng(0).permutation(150)[:n]
    y = Y_IRIS if estimator is regcmp.MLPClassifier else 5 + 3 * X_IRIS[:, 2]
    return X_IRIS[order], y[order]


CHECKS = parametrize_with_checks([each(**SMALL) for each in ESTIMATORS]).mark


@pytest.mark.parametrize(CHECKS.args[0], list(CHECKS.args[1]), **CHECKS.kwargs)
def test_scikit_learn_finds_no_fault(estimator: Any, check: Any) -> None:
    """None of its checks is expected to fail."""
    check(estimator)


@pytest.mark.parametrize(
    ("dataset", "options"),
    [
        ("digits", {"class_weight": "balanced"}),
        ("iris", {"dtype": "float64", "schedule": "step", "optimizer": "nesterov"}),
        ("diabetes", {}),
    ],
)
@pytest.mark.parametrize("method", ["l2=3e-3+dropout=0.3", "batchnorm+mixup", "earlystop=3"])
def test_an_estimator_is_the_network_of_a_comparison(
    dataset: str, options: dict[str, Any], method: str
) -> None:
    """On the rows of a split, prepared as there: the same bits under the same seed."""
    seed, words = 3, {"epochs": 6, "train_size": 80, "hidden": (12, 8)} | options
    plan = make_plan(dataset, [method], baseline=method, seed=seed, seeds=1, **words)
    own = load_dataset(dataset)
    plan = settle(plan, own)
    condition = Condition(plan, own)
    run = Run(plan.methods[0], seed)
    with threadpool_limits(1):
        (trained,) = train(stack_of(condition, [run], Keep(models=True)))
    assert trained.model is not None
    split, rows = condition.splits[seed], condition.prepared(seed)
    drawn = np.sort(np.concatenate([split.train, split.validation]))
    x = rows.preparation.transform(own.take(drawn))
    kinds = {"optimizer": "solver", "schedule": "learning_rate", "class_weight": "class_weight"}
    more = {kinds[key]: value for key, value in options.items() if key in kinds}
    kind = regcmp.MLPClassifier if own.classes else regcmp.MLPRegressor
    estimator = kind((12, 8), regularization=method, max_iter=6, random_state=seed, **more)
    if "earlystop" in method:
        estimator.set_params(validation_fraction=0.2)
    estimator.fit(x, own.y[drawn])
    ours = estimator._model
    assert ours.members[-1].theta.tobytes() == trained.model.members[-1].theta.tobytes()
    assert ours.outputs(rows.x_test).tobytes() == trained.model.outputs(rows.x_test).tobytes()


# Weights of rows and classes


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("regularization", ["none", "l2=0.01", "ema", "smooth=0.3+flooding=0.4"])
def test_a_weight_is_a_repetition(estimator: Any, regularization: str) -> None:
    """In float64, with all rows in one batch; a row of weight 0 is not there."""
    if estimator is regcmp.MLPRegressor and "smooth" in regularization:
        pytest.skip("for classes only")
    x, y = data(estimator, 40)
    counts = np.random.default_rng(1).integers(0, 4, 40)
    words = {**SMALL, "batch_size": 1000, "regularization": regularization, "shuffle": False}
    weighted = estimator(**words).fit(x, y, sample_weight=counts)
    repeated = estimator(**words).fit(np.repeat(x, counts, axis=0), np.repeat(y, counts))
    plain = estimator(**words).fit(x, y)
    for one, other in zip(weighted.coefs_, repeated.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9)
    assert np.abs(weighted.coefs_[0] - plain.coefs_[0]).max() > 1e-3


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_weights_of_one_size_change_nothing(estimator: Any) -> None:
    """Whatever the size is; their scale is not a learning rate."""
    x, y = data(estimator)
    plain, seven = (
        estimator(**SMALL).fit(x, y, sample_weight=weights).coefs_[0]
        for weights in (None, np.full(150, 7.0))
    )
    np.testing.assert_allclose(plain, seven, rtol=1e-6, atol=1e-8)


def test_balanced_classes_are_those_weights() -> None:
    """Also where rows have weights: a class counts by the sum of them."""
    x, y = data(regcmp.MLPClassifier)
    x, y = x[y < 2], y[y < 2]
    weights = np.where(y == 0, 3.0, 1.0)
    words = {**SMALL, "batch_size": 1000, "shuffle": False, "learning_rate": "constant"}
    total = [weights[y == c].sum() for c in (0, 1)]
    by_name = regcmp.MLPClassifier(**words, class_weight="balanced").fit(x, y, weights)
    by_hand = regcmp.MLPClassifier(**words).fit(x, y, weights / np.array(total)[y])
    np.testing.assert_allclose(by_name.coefs_[0], by_hand.coefs_[0], rtol=1e-7, atol=1e-9)
    given = {0: 1 / 3 / total[0] * 100, 1: 1 / total[1] * 100}
    words["class_weight"] = {c: sum(total) / (2 * total[c]) for c in (0, 1)}
    by_dict = regcmp.MLPClassifier(**words).fit(x, y, weights)
    np.testing.assert_array_equal(by_name.coefs_[0], by_dict.coefs_[0])
    assert given[0] < given[1]


def test_the_loss_of_weighted_values_has_its_gradient() -> None:
    """½ w (o - y)² by differences; a mixture of two rows counts as both rows do."""
    rng = np.random.default_rng(0)
    loss, y, weights = WeightedSquaredError(), rng.normal(size=5), rng.uniform(0, 3, 5)
    targets = loss.targets(y, float) * weights[:, None]
    outputs = rng.normal(size=(1, 5, 1))
    mean = loss.mean(outputs, targets[None])
    expected = (weights * (outputs[0, :, 0] - y) ** 2 / 2).mean()
    np.testing.assert_allclose(mean, expected)
    gradient = loss.gradient(outputs.copy(), targets[None])[0, :, 0]
    np.testing.assert_allclose(gradient, weights * (outputs[0, :, 0] - y) / 5)
    share = 0.3
    mixed = share * targets + (1 - share) * targets[::-1]
    both = share * weights * (outputs[0, :, 0] - y)
    both += (1 - share) * weights[::-1] * (outputs[0, :, 0] - y[::-1])
    np.testing.assert_allclose(loss.gradient(outputs.copy(), mixed[None])[0, :, 0], both / 5)


def test_the_loss_of_weighted_classes_has_its_gradient() -> None:
    """By differences of the mean loss, which is that of the rows times their weights."""
    rng = np.random.default_rng(0)
    y, weights, outputs = rng.integers(0, 3, 6), rng.uniform(0, 3, 6), rng.normal(size=(1, 6, 3))
    loss = CrossEntropy(3, np.ones((1, 1, 3)))
    targets = (loss.targets(y, float) * weights[:, None])[None]
    expected = (weights * loss.of_rows(outputs.copy(), y[None])[0]).mean()
    np.testing.assert_allclose(loss.mean(outputs, targets), expected)
    gradient, step = loss.gradient(outputs.copy(), targets), 1e-6
    for place in np.ndindex(*outputs.shape):
        shift = np.zeros_like(outputs)
        shift[place] = step
        slope = loss.mean(outputs + shift, targets) - loss.mean(outputs - shift, targets)
        np.testing.assert_allclose(gradient[place], slope[0] / (2 * step), atol=1e-8)


@pytest.mark.parametrize("weights", [np.full(150, -1.0), np.zeros(150)])
def test_weights_that_count_nothing_are_refused(weights: Any) -> None:
    """By their name."""
    with pytest.raises(
        ValueError, match=r"sample_weight: expected weights of at least 0|[Ss]ample w"
    ):
        regcmp.MLPClassifier().fit(X_IRIS, Y_IRIS, sample_weight=weights)


# Validation, and going on


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_curves_are_the_scores_of_rows(estimator: Any) -> None:
    """After the last epoch they are those that ``score`` gives; one entry per epoch."""
    x, y = data(estimator)
    own = estimator(**SMALL, regularization="dropout=0.2").fit(
        x[:100], y[:100], X_val=x[100:], y_val=y[100:]
    )
    assert own.n_iter_ == len(own.loss_curve_) == len(own.validation_loss_curve_) == 40
    assert own.validation_scores_[-1] == pytest.approx(own.score(x[100:], y[100:]))
    assert own.loss_ == own.loss_curve_[-1] < own.loss_curve_[0]
    if estimator is regcmp.MLPClassifier:
        p = own.predict_proba(x[100:])[np.arange(50), y[100:]]
        assert own.validation_loss_curve_[-1] == pytest.approx(-np.log(p).mean())
    assert estimator(**SMALL).fit(x, y).validation_scores_ is None


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_early_stopping_is_the_method(estimator: Any) -> None:
    """It ends by the loss, and the weights of the best epoch are kept."""
    x, y = data(estimator)
    y = (
        y
        if estimator is regcmp.MLPClassifier
        else y + np.random.default_rng(3).normal(size=150) * 9
    )
    y = np.where(np.arange(150) % 4, y, y[::-1]) if estimator is regcmp.MLPClassifier else y
    words = {**SMALL, "max_iter": 300, "hidden_layer_sizes": (30,)}
    by_name = estimator(**words, early_stopping=True, n_iter_no_change=4).fit(x, y)
    by_method = estimator(**words, regularization="earlystop=4").fit(x, y)
    assert by_name.coefs_[0].tobytes() == by_method.coefs_[0].tobytes()
    curve = by_name.validation_loss_curve_
    assert by_name.n_iter_ < 300
    assert by_name.best_iter_ == int(np.argmin(curve)) + 1
    assert by_name.n_iter_ == by_name.best_iter_ + 5
    assert curve[-1] > min(curve), "the curve is that of each epoch, and not of the best so far"
    own = estimator(**words, early_stopping=True, n_iter_no_change=4)
    own.fit(x[:100], y[:100], X_val=x[100:], y_val=y[100:])
    best = own.validation_scores_[own.best_iter_ - 1]
    assert best == pytest.approx(own.score(x[100:], y[100:]))


def test_rows_set_aside_are_not_trained_on() -> None:
    """A share of them, each class by its share; and only where something asks for them."""
    x, y = data(regcmp.MLPClassifier)
    own = regcmp.MLPClassifier(**SMALL, validation_fraction=0.2).fit(x, y)
    assert own.validation_loss_curve_ is not None
    other = regcmp.MLPClassifier(**SMALL).fit(x, y)
    assert own.coefs_[0].tobytes() != other.coefs_[0].tobytes()


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("regularization", ["none", "l1=1e-3+maxnorm=2", "layernorm"])
def test_parts_add_up_to_a_fit(estimator: Any, regularization: str) -> None:
    """Without a random order, each call is an epoch at a constant rate: the same bits."""
    x, y = data(estimator)
    words = {**SMALL, "shuffle": False, "regularization": regularization}
    whole = estimator(**{**words, "max_iter": 5, "learning_rate": "constant"}).fit(x, y)
    parts = estimator(**words)
    for _ in range(5):
        more = {"classes": [0, 1, 2]} if estimator is regcmp.MLPClassifier else {}
        parts.partial_fit(x, y, **more)
    assert parts.coefs_[0].tobytes() == whole.coefs_[0].tobytes()
    assert parts.loss_curve_ == whole.loss_curve_


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_warm_start_goes_on(estimator: Any) -> None:
    """From the weights that are there; fitting anew gives the same bits again."""
    x, y = data(estimator)
    own = estimator(**{**SMALL, "max_iter": 5}, warm_start=True).fit(x, y)
    first = own.coefs_[0].copy()
    start = own.loss_
    assert own.fit(x, y).loss_ < start
    assert not np.array_equal(own.coefs_[0], first)
    assert np.array_equal(own.set_params(warm_start=False).fit(x, y).coefs_[0], first)


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        ({}, {"hidden_layer_sizes": (9,)}, "weights and biases"),
        ({"regularization": "ema"}, {}, None),
    ],
)
def test_a_warm_start_needs_the_same_network(
    first: dict[str, Any], then: dict[str, Any], message: str | None
) -> None:
    """Another one is refused, by how many weights it has."""
    own = regcmp.MLPClassifier(**{**SMALL, "max_iter": 2, **first}, warm_start=True)
    own.fit(X_IRIS, Y_IRIS).set_params(**then)
    if message is None:
        own.fit(X_IRIS, Y_IRIS)
        return
    with pytest.raises(regcmp.UsageError, match=message):
        own.fit(X_IRIS, Y_IRIS)


@pytest.mark.parametrize("regularization", ["earlystop", "swa", "snapshot", "l2=1:schedule=linear"])
def test_parts_refuse_what_acts_over_a_whole_training(regularization: str) -> None:
    """Each by its name."""
    own = regcmp.MLPClassifier(regularization=regularization)
    with pytest.raises(regcmp.UsageError, match="partial_fit does not support"):
        own.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])


# Precision


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_precision_of_x_is_kept(estimator: Any, dtype: Any) -> None:
    """In weights and in what is predicted."""
    x, y = data(estimator)
    own = estimator(**SMALL).fit(x.astype(dtype), y)
    assert {each.dtype for each in (*own.coefs_, *own.intercepts_)} == {np.dtype(dtype)}
    predict = own.predict_proba if estimator is regcmp.MLPClassifier else own.predict
    assert predict(x.astype(dtype)).dtype == dtype
    assert predict(x).dtype == dtype


def test_an_image_is_seen_by_convolutions() -> None:
    """Rows of pixels, with a network of layers by name."""
    x, y = load_digits(return_X_y=True)
    words = {"max_iter": 3, "random_state": 0, "image_shape": (8, 8)}
    own = regcmp.MLPClassifier(arch="conv4x3-pool2-16", **words).fit(x[:200] / 16, y[:200])
    assert [each.shape for each in own.coefs_] == [(9, 4), (64, 16), (16, 10)]
    cnn = regcmp.MLPClassifier(arch="cnn", regularization="spatialdropout=0.2", **words)
    assert cnn.fit(x[:200] / 16, y[:200]).predict(x[:5] / 16).shape == (5,)


# Others' tools


def test_a_grid_searches_over_regularization() -> None:
    """In a pipeline, as one text."""
    pipe = make_pipeline(StandardScaler(), regcmp.MLPClassifier(**{**SMALL, "max_iter": 10}))
    grid = {"mlpclassifier__regularization": ["none", "l2=1e-2+dropout=0.2", "l1=10"]}
    search = GridSearchCV(pipe, grid, cv=3).fit(*load_iris(return_X_y=True))
    scores = search.cv_results_["mean_test_score"]
    assert scores.argmin() == 2 and scores.max() > 0.8
    assert search.best_estimator_[-1].get_params()["regularization"] != "l1=10"


def test_columns_of_a_frame_are_transformed() -> None:
    """And named, where a frame has names."""
    frame = pd.DataFrame(X_IRIS, columns=list("abcd")).assign(kind=["x", "y", "z"] * 50)
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), list("abcd")), ("kinds", OneHotEncoder(), ["kind"])]
    )
    scores = cross_val_score(
        make_pipeline(columns, regcmp.MLPClassifier(**SMALL)), frame, Y_IRIS, cv=3
    )
    assert scores.min() > 0.7
    own = regcmp.MLPClassifier(**SMALL).fit(frame[list("abcd")], Y_IRIS)
    assert list(own.feature_names_in_) == list("abcd")


def test_probabilities_are_calibrated_and_features_have_their_importance() -> None:
    """The petals matter."""
    own = CalibratedClassifierCV(regcmp.MLPClassifier(**SMALL), cv=3).fit(X_IRIS, Y_IRIS)
    np.testing.assert_allclose(own.predict_proba(X_IRIS).sum(axis=1), 1)
    plain = regcmp.MLPClassifier(**SMALL).fit(X_IRIS, Y_IRIS)
    found = permutation_importance(plain, X_IRIS, Y_IRIS, n_repeats=3, random_state=0)
    assert found.importances_mean[2:].max() > found.importances_mean[:2].max()


def test_a_decision_boundary_is_drawn() -> None:
    """By scikit-learn's display."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    own = regcmp.MLPClassifier(**SMALL).fit(X_IRIS[:, :2], Y_IRIS)
    shown = DecisionBoundaryDisplay.from_estimator(own, X_IRIS[:, :2], response_method="predict")
    assert set(np.unique(shown.response)) == {0, 1, 2}
    pyplot.close("all")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_pickle_predicts_the_same_bits_and_goes_on(estimator: Any) -> None:
    """Clones have parameters alone."""
    x, y = data(estimator)
    own = estimator(**SMALL, regularization="batchnorm+l2").fit(x, y)
    again = pickle.loads(pickle.dumps(own))
    assert again.predict(x).tobytes() == own.predict(x).tobytes()
    assert not hasattr(clone(own), "n_iter_")
    with pytest.raises(AttributeError, match="has no weights before it is fitted"):
        _ = clone(own).coefs_


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_same_seed_gives_the_same_bits(estimator: Any) -> None:
    """And another one others."""
    x, y = data(estimator)
    words = {**SMALL, "regularization": "dropout=0.5", "batch_size": 16}
    one, two, other = (estimator(**{**words, "random_state": s}).fit(x, y) for s in (1, 1, 2))
    assert one.coefs_[0].tobytes() == two.coefs_[0].tobytes()
    assert one.coefs_[0].tobytes() != other.coefs_[0].tobytes()
    drawn = [estimator(**{**words, "random_state": np.random.RandomState(s)}) for s in (5, 5)]
    assert len({each.fit(x, y).coefs_[0].tobytes() for each in drawn}) == 1


# What is refused


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"regularization": "drpout"},
            "regularization: unknown regularizer 'drpout': did you mean",
        ),
        ({"regularization": "l2=1,2"}, "regularization: expected one method, got 2 in 'l2=1,2'"),
        ({"regularization": None}, "regularization: expected a text such as"),
        ({"activation": "rely"}, "unknown activation 'rely'"),
        ({"max_iter": 0}, r"max_iter: expected a whole number from 1 to 1000000000, got '?0'?"),
        ({"batch_size": -1}, "batch_size: expected a whole number"),
        ({"learning_rate_init": -1}, "learning_rate_init: expected a learning rate above 0"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes: expected the widths"),
        ({"arch": "cnn"}, "arch: 'cnn' needs images; say what the columns of X are"),
        ({"arch": "conv2x3", "image_shape": (3, 3)}, r"image_shape: \(3, 3\) are 9 pixels"),
        ({"image_shape": "4x1"}, "image_shape: expected"),
        ({"arch": "pool9", "image_shape": (2, 2)}, "arch: 'pool9' is larger than what reaches it"),
        ({"early_stopping": "yes"}, "early_stopping: expected True or False, got 'yes'"),
        ({"shuffle": None}, "shuffle: expected True or False, got None"),
        ({"warm_start": 2}, "warm_start: expected True or False, got 2"),
        ({"validation_fraction": 2}, "validation_fraction: expected a share"),
        ({"class_weight": "even"}, "class_weight: expected 'balanced', or a dict"),
        ({"early_stopping": True, "regularization": "swa"}, "'swa' can't go with 'earlystop'"),
        ({"hidden_layer_sizes": (), "regularization": "dropout"}, "acts on hidden layers"),
    ],
)
def test_a_parameter_is_refused_by_its_name(words: dict[str, Any], message: str) -> None:
    """When it is fitted, and not before; as a ValueError."""
    own = regcmp.MLPClassifier().set_params(**words)
    with pytest.raises(ValueError, match=message):
        own.fit(X_IRIS, Y_IRIS)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({0: -1}, "expected a number from 0 to 1e\\+30 for the class 0, got -1"),
        ({2: float("nan")}, "for the class 2, got nan"),
        ({2: float("inf")}, "for the class 2, got inf"),
        ({1: 1e40}, "for the class 1, got 1e\\+40"),
        ({1: 10**400}, "for the class 1, got 1000"),
        ({1: "2"}, "for the class 1, got '2'"),
        ({1: True}, "for the class 1, got True"),
        ({1: None}, "for the class 1, got None"),
        ({1: [2]}, r"for the class 1, got \[2\]"),
        ({7: 2}, "7 is no class of y, which has 0, 1, 2; name classes as y does"),
        ({"1": 2}, "'1' is no class of y"),
        ({None: 2}, "None is no class of y"),
        ({0: 0, 1: 0.0, 2: 0}, "all rows count 0 under"),
        ([1, 1, 1], "expected 'balanced', or a dict"),
        (2.0, "expected 'balanced', or a dict"),
    ],
)
def test_weights_of_classes_are_refused_one_by_one(weights: Any, message: str) -> None:
    """In one line that names the parameter, before anything is trained."""
    own = regcmp.MLPClassifier(**SMALL, class_weight=weights)
    for fit in (own.fit, lambda x, y: own.partial_fit(x, y, classes=[0, 1, 2])):
        with pytest.raises(regcmp.UsageError, match=f"^class_weight: .*{message}") as raised:
            fit(X_IRIS, Y_IRIS)
        assert "\n" not in str(raised.value)


def test_a_class_of_one_row_can_t_be_validated() -> None:
    """It is named, with what to do; with validation rows of one's own it is fine."""
    y = Y_IRIS.copy()
    y[7] = 9
    own = regcmp.MLPClassifier(**SMALL, early_stopping=True)
    with pytest.raises(
        regcmp.UsageError, match="y: the class 9 has 1 row, and rows for validation"
    ):
        own.fit(X_IRIS, y)
    own.fit(X_IRIS, y, X_val=X_IRIS, y_val=y)


def test_a_class_of_weight_0_is_not_learned_and_one_left_out_counts_1() -> None:
    """As in scikit-learn: the same network as with weights of rows."""
    words = SMALL | {"batch_size": 150, "max_iter": 3}
    cases = [({0: 0, 1: 1.5, 2: 1.5}, [0, 1.5, 1.5]), ({}, [1, 1, 1])]
    cases.append(({0: 1.5, np.int64(1): np.float32(0.5)}, [1.5, 0.5, 1]))
    for weights, by_class in cases:
        own = regcmp.MLPClassifier(**words, class_weight=weights).fit(X_IRIS, Y_IRIS)
        other = regcmp.MLPClassifier(**words).fit(X_IRIS, Y_IRIS, np.array(by_class)[Y_IRIS])
        np.testing.assert_allclose(own.coefs_[0], other.coefs_[0], rtol=1e-9)
    zero = regcmp.MLPClassifier(**SMALL, class_weight={0: 0})
    zero.partial_fit(X_IRIS[:20], Y_IRIS[:20], classes=[0, 1, 2])
    assert np.isfinite(zero.coefs_[0]).all()


def test_a_regression_refuses_what_is_for_classes() -> None:
    """By its name."""
    with pytest.raises(regcmp.UsageError, match="'smooth' is defined for classification only"):
        regcmp.MLPRegressor(regularization="smooth").fit(X_IRIS, Y_IRIS)


def test_validation_rows_have_known_classes_and_come_whole() -> None:
    """Each fault is named."""
    own = regcmp.MLPClassifier(**SMALL)
    with pytest.raises(ValueError, match="y_val has the class 7"):
        own.fit(X_IRIS, Y_IRIS, X_val=X_IRIS[:2], y_val=[0, 7])
    with pytest.raises(ValueError, match="X_val and y_val: expected both or neither"):
        own.fit(X_IRIS, Y_IRIS, X_val=X_IRIS[:2])


def test_the_unit_of_values_does_not_matter() -> None:
    """Y in another unit gives the same network."""
    x, y = load_diabetes(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    own, other = (regcmp.MLPRegressor(**SMALL, regularization="l2").fit(x, v) for v in (y, 1e6 * y))
    np.testing.assert_allclose(other.predict(x) / 1e6, own.predict(x), rtol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("unit", [1e-160, 1e-140, 1e-30, 1e30, 1e38, 1e140, 1e154, 1e300])
def test_huge_and_tiny_values_are_learned_or_refused(unit: float, dtype: Any) -> None:
    """In whatever unit, values are as well predicted; else a line says that they can't be scaled."""
    x = X_IRIS[:, :2].astype(dtype)
    y = X_IRIS[:, 0] / np.abs(X_IRIS[:, 0]).max()
    own = regcmp.MLPRegressor(**SMALL | {"max_iter": 120})
    if 1e-150 < unit < 1e150:
        found = own.fit(x, unit * y).predict(x).astype(np.float64)
        assert ((found / unit - y) ** 2).mean() < 0.1 * y.var()
        with pytest.raises(regcmp.UsageError, match="y_val: 1e\\+200 is too large to be scaled"):
            own.fit(x, unit * y, X_val=x[:2], y_val=[0, 1e200])
    else:
        for fit in (own.fit, own.partial_fit):
            with pytest.raises(regcmp.UsageError, match=r"^y: .* in another unit"):
                fit(x, unit * y)


@pytest.mark.usefixtures("registry_as_before")
def test_a_plugin_that_is_not_there_is_named() -> None:
    """By what is predicted with a network that needs it."""

    @regcmp.register
    class Halved(regcmp.Regularizer):
        """Halves the steps of the penalty."""

        name, formula = "halved_for_test", "none"
        strength_is = regcmp.Number(1.0, 0, 2, "nothing")

    own = regcmp.MLPClassifier(**SMALL, regularization="halved_for_test").fit(X_IRIS, Y_IRIS)
    kept = pickle.loads(pickle.dumps(own))
    assert kept.predict(X_IRIS).shape == (150,)
    del REGISTRY["halved_for_test"]
    with pytest.raises(regcmp.UsageError, match="'halved_for_test', which is none of regcmp's own"):
        kept.predict(X_IRIS)


@pytest.mark.parametrize("word", ["tune:l2", " tune:l2=1e-3,1e-1", "tune:cocktail"])
def test_a_method_to_be_tuned_is_refused_with_a_way_out(word: str) -> None:
    """Its strength would be chosen on validation rows of a comparison."""
    said = "regularization: .* is to be tuned, and an estimator has one strength; .* GridSearchCV$"
    with pytest.raises(regcmp.UsageError, match=said):
        regcmp.MLPClassifier(regularization=word).fit(X_IRIS, Y_IRIS)
