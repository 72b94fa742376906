"""Small stacks of runs for the engine's tests; and which tests a quick run leaves out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from zlib import crc32

import hypothesis
import numpy as np
import pytest

from regcmp.engine.architecture import needs_image
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.settings import Settings
from regcmp.engine.stack import Ingredient, Rows, RunSeeds, Stack

os.environ["REGCMP_STORE"] = "off"  # what a test trains is trained, whatever the user's cache has

SAMPLED = {
    "test_the_exit_code_and_files_do_not_depend_on_who_reads": 8,
    "test_rows_from_a_pipe_are_those_of_the_file": 6,
    "test_a_named_pipe_is_written_into": 3,
    "test_a_full_standard_output_is_an_error": 5,
    "test_the_estimate_of_memory_is_right_within_a_factor_of_two": 12,
    "test_it_is_said_what_is_waited_for": 3,
    "test_a_python_example_runs": 3,
    "test_nothing_of_the_current_folder_is_imported": 2,
    "test_a_value_is_taken_or_refused_by_name": 4,
    "test_an_error_says_where_its_option_was_set": 4,
    "test_dates_and_times_as_a_target_are_refused": 4,
    "test_each_notation_is_an_error_in_a_column": 4,
    "test_what_does_not_fit_says_what_to_do": 3,
    "test_no_name_breaks_out_of_a_line_xml_markdown_or_an_annotation": 4,
    "test_at_every_width_the_table_fits_and_every_cell_stands_whole": 3,
    "test_a_picture_is_one_and_has_the_same_bytes_each_time": 3,
    "test_what_computes_nothing_imports_no_more_than_numpy": 3,
    "test_errors_are_those_of_the_command_line": 5,
    "test_a_pipe_that_is_closed_is_silent": 3,
    "test_only_a_page_imports_what_fills_its_template": 2,
    "test_a_file_s_class_is_trained_with_wherever_runs_are": 2,
    "test_a_value_that_is_not_meant_is_named_with_its_option": 6,
    "test_a_method_that_is_not_meant_is_quoted": 6,
    "test_an_error_says_what_was_expected": 6,
    "test_a_shown_table_is_what_the_command_prints": 5,
    "test_a_pair_with_one_part_off_equals_the_other_part": 8,
    "test_an_error_is_one_line_on_standard_error": 20,
    "test_a_signal_ends_at_once_and_leaves_nothing": 5,
    "test_equal_commands_write_equal_bytes": 6,
    "test_five_fast_ctrl_c_are_as_one": 4,
    "test_a_hook_that_fails_is_named_with_its_line": 16,
    "test_a_command_runs": 20,
    "test_an_example_runs": 6,
    "test_other_data_have_no_map_and_the_plot_is_refused_before_training": 4,
    "test_a_flag_wins_over_the_environment_and_that_over_a_file": 3,
    "test_how_gates_end_a_command": 5,
    "test_colours_follow_flag_and_environment": 3,
    "test_what_an_error_advises_is_accepted": 4,
    "test_a_missing_key_is_named_or_not_needed": 6,
    "test_training_has_the_same_bits_with_loops": 4,
    "test_what_cannot_be_tuned_is_said_in_one_line": 5,
    "test_what_decides_a_number_is_in_the_key": 5,
    "test_reports_are_the_same_with_and_without_a_store": 3,
    "test_a_truncated_store_loses_no_result": 3,
    "test_a_range_of_mixtures_is_checked": 3,
    "test_the_first_line_is_short_whatever_it_holds_for": 4,
    "test_scikit_learn_finds_no_fault": 3,
    "test_theirs_holds_for_ours": 3,
    "test_what_is_loaded_predicts_the_same_bits": 4,
    "test_networks_of_tables": 3,
    "test_workers_give_the_same_bytes": 3,
}
"""Tests of many cases of one kind, each of which starts processes or trains: a quick run takes one
case in so many, others on another day."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for all tests, or for those that a quick run leaves out."""
    parser.addoption("--full", action="store_true", help="run every test, also what takes long")
    parser.addoption(
        "--rest",
        action="store_true",
        help="run what takes long, half of the cases that a quick run of today leaves out, and properties"
        " with all their examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take all examples of a property only where all tests are asked for."""
    config.addinivalue_line("markers", "full: takes long; --full runs it, too")
    config.addinivalue_line("markers", "always: a case that a quick run does not leave out")
    hypothesis.settings.register_profile("quick", max_examples=20, deadline=None)
    hypothesis.settings.register_profile("full", deadline=None)
    whole = config.getoption("--full") or config.getoption("--rest")
    hypothesis.settings.load_profile("full" if whole else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it was asked for by --full, by its name or by its file."""
    named = any("::" in each for each in config.args)
    if config.getoption("--full") or named or config.option.keyword or config.option.markexpr:
        return
    turn = int(os.environ.get("REGCMP_TESTS_TURN", date.today().toordinal()))
    wanted = _is_of_the_rest if config.getoption("--rest") else _is_quick
    taken = [each for each in items if wanted(each, turn)]
    config.hook.pytest_deselected(items=[each for each in items if each not in set(taken)])
    items[:] = taken


def _is_of_the_rest(item: pytest.Item, turn: int) -> bool:
    """What takes long, properties, and of what a quick run samples every second case that it leaves out."""
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if is_property or item.get_closest_marker("full") is not None:
        return True
    return not _has_its_turn(item, turn) and (crc32(item.nodeid.encode()) + turn) % 2 == 0


def _is_quick(item: pytest.Item, turn: int) -> bool:
    return item.get_closest_marker("full") is None and _has_its_turn(item, turn)


def _has_its_turn(item: pytest.Item, turn: int) -> bool:
    name, _, case = item.name.partition("[")
    if item.get_closest_marker("always"):
        return True
    return (crc32(case.encode()) + turn) % SAMPLED.get(name, 1) == 0


def pytest_report_header(config: pytest.Config) -> str:
    """How to run everything."""
    if config.getoption("--rest"):
        return "what a quick run leaves out, of many cases of one kind every second one"
    return "all tests" if config.getoption("--full") else "a quick run; --full runs every test"


SETTINGS = Settings(
    hidden=(12, 8),
    activation="relu",
    init="he",
    optimizer="adam",
    lr=0.01,
    schedule="constant",
    batch_size=16,
    epochs=3,
    dtype="float64",
)


def make_rows(splits: int = 1, n_train: int = 40, n_test: int = 20, dtype: str = "float64") -> Rows:
    """Rows of 6 features in 3 classes, with some signal: the same at every call."""
    rng = np.random.default_rng(7)
    y = rng.integers(0, 3, (splits, n_train + n_test))
    x = rng.normal(size=(splits, n_train + n_test, 6))
    x[..., :3] += np.eye(3)[y]
    x = x.astype(dtype)
    # Their labels are another class's, so that the validation loss rises as training goes on.
    labels = rng.integers(0, 3, (splits, 10))
    held_out = (rng.normal(size=(splits, 10, 6)) + 3 * np.eye(3, 6)[labels]).astype(dtype)
    train, test = slice(n_train), slice(n_train, None)
    rows = Rows(x[:, train], y[:, train], x[:, test], y[:, test], 3)
    return replace(rows, x_validation=held_out, y_validation=(labels + 1) % 3)


def make_values(rows: Rows) -> Rows:
    """The same rows with a value for each label, and noise: a regression."""
    rng = np.random.default_rng(8)
    train, test = (y - 1 + 0.3 * rng.normal(size=y.shape) for y in (rows.y_train, rows.y_test))
    scales = 2.0 + np.arange(len(train))
    own = replace(rows, y_train=train, y_test=test, n_classes=0, scales=scales)
    # The opposite of what is learned, so that the validation loss rises here too.
    assert rows.y_validation is not None
    return replace(own, y_validation=10.0 * (1 - (rows.y_validation + 2) % 3))


def make_weights(rows: Rows) -> Rows:
    """The same rows with class weights, others in each split."""
    weights = np.random.default_rng(9).uniform(0.3, 2, (len(rows.x_train), rows.n_classes))
    return replace(rows, class_weights=weights)


TASKS = {"labels": lambda rows: rows, "weighted": make_weights, "values": make_values}
"""What there can be to learn from the same rows."""


def make_stack(
    *ingredients: Ingredient,
    seeds: tuple[int, ...] = (0,),
    splits: int = 1,
    task: str = "labels",
    **settings: object,
) -> Stack:
    """A stack of len(seeds) runs; run r learns from split seed % splits."""
    own = replace(SETTINGS, **settings)  # type: ignore[arg-type]
    return Stack(
        settings=own,
        ingredients=ingredients,
        seeds=tuple(RunSeeds(seed, seed, seed) for seed in seeds),
        rows=replace(
            TASKS[task](make_rows(splits, dtype=own.dtype)),
            image=(3, 2, 1) if needs_image(own.arch) else None,
        ),
        splits=tuple(seed % splits for seed in seeds),
    )


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of its own for each test."""
    return np.random.default_rng(0)


@pytest.fixture
def registry_as_before() -> Iterator[None]:
    """Forget what a test registers."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)
