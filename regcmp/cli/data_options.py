"""How a dataset is read and what its columns are: the options that two commands share."""

from __future__ import annotations

from typing import Any

import click

from regcmp.cli.options import Name, option
from regcmp.data.files import FORMAT_NAMES
from regcmp.data.reading_options import QUOTING
from regcmp.plan import CHOICES, Plan

# Numbers stay text here: the plan reads them, and says what it expected.
DATA_OPTIONS = (
    option("Data", "--sep", metavar="CHARACTER",
           help="What separates the cells of a text file: comma, semicolon, tab, pipe, space or any"
           " character.  [default: found out where only one can be meant]"),
    option("Data", "--decimal", default=Plan.decimal, metavar="CHARACTER",
           help="The decimal point of a text file: '.' or ','."),
    option("Data", "--encoding", default=Plan.encoding, metavar="NAME",
           help="Of a text file: cp1252, utf-16, ..."),
    option("Data", "--header/--no-header", default=None,
           help="Whether line 1 of a text file names the columns; without names, they are 1, 2, ..."
           "  [default: it must]"),
    option("Data", "--na", metavar="TEXT,...",
           help="What stands for a missing cell in a text file, besides nothing.  [default: 'NA' and"
           " the like between numbers, with a warning]"),
    option("Data", "--quoting", default=Plan.quoting, type=Name(QUOTING),
           help="Quotes in a text file: standard has them around cells, none takes them for letters."),
    option("Data", "--format", type=Name(FORMAT_NAMES),
           help="What the dataset's file and that of --test are.  [default: by their suffix]"),
    option("Data", "--sample", metavar="ROWS",
           help="Take only so many rows, drawn at random but always the same ones."),
    option("Data", "--test", metavar="FILE", type=click.Path(),
           help="Test rows in a file of their own, with the same columns."),
    option("Data", "--target", metavar="COLUMN",
           help="The column to predict: its name, or its position from 1.  [default: the one called"
           " target, label, class or y]"),
    option("Data", "--drop", multiple=True, metavar="COLUMN,...",
           help="Columns to leave out. Repeatable."),
    option("Data", "--text", multiple=True, metavar="COLUMN,...",
           help="Columns of text whose words to learn from, by TF-IDF. Repeatable."),
    option("Data", "--use", multiple=True, metavar="COLUMN,...",
           help="Columns to learn from although they look like ids: numbers as such, texts as"
           " categories. Repeatable."),
    option("Data", "--task", default=Plan.task, type=Name(CHOICES["task"]),
           help="What the target is; auto takes numbers that are many or not whole as a regression."),
    option("Data", "--classes-as-text", is_flag=True,
           help="Take the target's cells for names of classes as they stand: 01 is not 1."),
    option("Data", "--image", metavar="SIZE",
           help="The columns are an image's pixels, row by row and channels last: 28x28, or 32x32x3."
           "  [default: as a file of images has it]"),
)  # fmt: skip


def with_data_options(function: Any) -> Any:
    """Declare them in the order in which the help lists them."""
    for declare in reversed(DATA_OPTIONS):
        function = declare(function)
    return function
