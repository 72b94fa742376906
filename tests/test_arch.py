"""Networks of convolutions as a user asks for them: what is understood, refused, and said of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from commands import run, run_here

import regcmp
from regcmp.engine.architecture import SMALL_CNN

QUICK = ("--seeds", "2", "--epochs", "2", "--jobs", "1")
DIGITS = ("--dataset", "digits", "--train-size", "100")
SMALL = "conv4x3-pool2-8"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "--arch cnm",
            "--arch: 'cnm' is no layer; expected convFxK (F filters of KxK pixels; s2 for a stride of"
            " 2, v for no zeros around the image), poolK, avgpoolK, gap, flatten and the widths of"
            " dense layers, joined by hyphens, or mlp or cnn alone",
        ),
        ("--arch cnn-64", "'cnn' is no layer; expected "),
        ("--arch conv8x3,64", "'conv8x3,64' is no layer; expected "),
        (
            "--arch conv4x9v",
            "--arch: 'conv4x9v' is larger than what reaches it, 8x8 pixels; take a smaller one, or"
            " leave out a pooling or a stride before it",
        ),
        (
            "--arch 64-conv3x3",
            "--arch: 'conv3x3' needs the rows and columns of an image, which end before it: dense"
            " layers, gap and flatten come last",
        ),
        (
            "--arch cnn --hidden 32",
            "--hidden: the layers of 'cnn' are those that --arch says; leave one of the two out",
        ),
        (
            "--arch cnn --noise-features 3",
            "--noise-features: 'cnn' is for images, to which no features can be added; leave the"
            " option out",
        ),
        (
            "--arch cnn --dataset iris",
            "--arch: 'cnn' needs images, and 'iris' is a table; --image HxW says that its columns are"
            " pixels, and --arch mlp takes any table",
        ),
        (
            "--arch cnn skip",
            "method 'skip=1': 'skip' has nothing to act on: a branch is 1 hidden layer, after the"
            " first, with as many units coming in as going out; give --hidden equal widths, as in"
            " 64,64, or --arch convolutions of equal size, as in conv16x3-conv16x3",
        ),
        ("--arch pool2-32 skip", "method 'skip=1': 'skip' has nothing to act on: "),
        ("--arch pool2-32 dropblock", "it acts on feature maps; if the rows are images"),
        (
            "--arch gap dropout",
            "it acts on hidden layers; give --arch a layer with weights, as in gap-32",
        ),
        ("--arch flatten batchnorm", "method 'batchnorm=1': 'batchnorm' has nothing to act on: "),
        ("shift", "it moves images; if the rows are images, give a network that is made for them"),
    ],
)
def test_what_can_t_be_meant_is_refused(words: str, message: str, tmp_path: Path) -> None:
    """In one line, before any training."""
    base = DIGITS[2:] if "--dataset" in words else DIGITS
    done = run_here(("compare", *base, *words.split()), tmp_path)
    assert done.code == 2 and not done.out
    assert done.err.startswith("Error: ") and done.err.count("\n") == 1
    assert message in done.err


@pytest.mark.parametrize(("shape", "size"), [((1, 1, 3), "1x1"), ((1, 10), "1x10")])
def test_an_image_may_be_too_small_for_cnn(
    shape: tuple[int, ...], size: str, tmp_path: Path
) -> None:
    """Then the message says what the name stands for, of which a user has typed nothing."""
    x = np.random.default_rng(0).random((60, *shape))
    np.savez(tmp_path / "small.npz", X=x, y=np.arange(60) % 3)
    done = run_here(("compare", "--dataset", "small.npz", "--arch", "cnn"), tmp_path)
    assert done.code == 2
    assert done.err == (
        f"Error: --arch: 'pool2' is larger than what reaches it, {size} pixels; take a smaller one, or"
        f" leave out a pooling or a stride before it ('cnn' is {SMALL_CNN} here)\n"
    )
    words = ("--arch", "conv4x3-gap", "none", "shift", "dropblock", "dropwalk", "cutmix")
    done = run_here(("compare", "--dataset", "small.npz", *words, *QUICK), tmp_path)
    assert done.code == 0, done.err


def test_images_in_colour(tmp_path: Path) -> None:
    """As an array of four axes and as a table whose --image says so: the same runs, of either task."""
    rng = np.random.default_rng(0)
    x, y = rng.random((90, 6, 5, 3)), np.arange(90) % 3
    np.savez(tmp_path / "images.npz", X=x, y=y)
    np.savez(tmp_path / "table.npz", X=x.reshape(90, -1), y=y)
    np.savez(tmp_path / "values.npz", X=x, y=x.mean(axis=(1, 2, 3)))
    runs = []
    for name, words in (
        ("images.npz", ()),
        ("table.npz", ("--image", "6x5x3")),
        ("values.npz", ()),
    ):
        given = ("--dataset", name, "--arch", SMALL, "none", "l2", "--runs", "-", *words, *QUICK)
        done = run_here(("compare", *given), tmp_path)
        assert done.code == 0, done.err
        n_out = 1 if name == "values.npz" else 3
        assert f"\nnetwork 6x5x3-{SMALL}-{n_out} relu;" in done.err
        runs.append(done.out.replace(name, ""))
    assert runs[0] == runs[1]


def test_widths_are_the_same_network_by_either_option(tmp_path: Path) -> None:
    """And it is shown as the same."""
    words = ("compare", *DIGITS, "none", "dropout", "cutout", "--noise-features", "2", *QUICK)
    one, other = (
        run_here((*words, *last, "--runs", f"{last[0][2:]}.csv"), tmp_path)
        for last in (("--arch", "16-8"), ("--hidden", "16,8"))
    )
    assert one.code == 0 and "\nnetwork 66-16-8-10 relu;" in one.out
    assert one.out == other.out and one.file("arch.csv") == other.file("hidden.csv")


@pytest.mark.full
def test_a_deep_network_is_broken_at_its_hyphens(tmp_path: Path) -> None:
    """In 80 columns; in a pipe it stays in one line."""
    deep = "-".join(["conv4x3"] * 12)
    words = ("compare", *DIGITS, "none", "--arch", deep, *QUICK)
    narrow, piped = (run(words, tmp_path, extra) for extra in ({"COLUMNS": "80"}, {}))
    lines = narrow.out.splitlines()[2:4]
    assert "".join(lines) in piped.out.splitlines()[1]
    assert lines[0].startswith("network 8x8x1-conv4x3-") and lines[0].endswith("-conv4x3-")
    assert all(len(line) <= 80 for line in lines)


def test_a_report_tells_its_network(tmp_path: Path) -> None:
    """Of one without 'arch', which is older, the widths; a comparison names what differs."""
    words = ("compare", *DIGITS, "none", "l2", *QUICK)
    assert run_here((*words, "--hidden", "8", "-o", "mlp.json"), tmp_path).code == 0
    assert run_here((*words, "--arch", SMALL, "-o", "cnn.json", "-o", "r.html"), tmp_path).code == 0
    assert f"8x8x1-{SMALL}-10 relu" in (tmp_path / "r.html").read_text(encoding="utf-8")
    old = json.loads((tmp_path / "mlp.json").read_text(encoding="utf-8"))
    del old["plan"]["arch"], old["plan"]["image"], old["plan"]["data"]["image"]
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    for file, network in (("old.json", "64-8-10"), ("cnn.json", f"8x8x1-{SMALL}-10")):
        assert f"\nnetwork {network} relu;" in run_here(("report", file), tmp_path).out
    done = run_here(("diff", "mlp.json", "cnn.json"), tmp_path)
    assert done.code == 0
    assert f"Different: arch mlp -> {SMALL}; hidden [8] -> []\n" in done.out


def test_a_plan_keeps_the_network(tmp_path: Path) -> None:
    """Saved and taken again, it is the same; its key in a file is judged like the flag."""
    words = ("compare", *DIGITS, "none", "dropwalk", "--arch", SMALL, *QUICK)
    first = run_here((*words, "--runs", "a.csv", "--save-config", "p.toml"), tmp_path)
    again = run_here(("compare", "--config", "p.toml", "--runs", "b.csv", "--jobs", "1"), tmp_path)
    assert first.code == again.code == 0
    assert first.file("a.csv") == again.file("b.csv")
    (tmp_path / "p.toml").write_text('dataset = "digits"\narch = "conv"\n')
    done = run_here(("compare", "--config", "p.toml"), tmp_path)
    assert done.code == 2 and "'conv' is no layer" in done.err
    assert done.err.endswith("(set in 'p.toml')\n")


def test_every_regularizer_of_hidden_layers_acts_in_a_cnn() -> None:
    """Early stopping and branches included; nothing is stopped, and each changes what is learned."""
    methods = ["none", "skip", "skip+droppath", "skip+shakedrop", "batchnorm", "layernorm"]
    methods += ["standout", "alphadropout", "activity=0.01", "klsparsity", "orthogonal", "spectral"]
    methods += ["maxnorm=0.5", "dropconnect", "earlystop", "swa", "sam", "mixup"]
    words = {"train_size": 120, "seeds": 1, "epochs": 4, "jobs": 1}
    found = regcmp.compare("digits", methods, arch="conv4x3-conv4x3-pool2-8", **words)
    assert set(found.runs["status"]) == {"ok"}
    losses = found.runs.set_index("method")["train_loss"]
    same = losses[losses == losses["none"]].index
    assert set(same) == {"none", "earlystop=10"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.full
def test_a_worker_that_the_system_kills_is_told_of(tmp_path: Path) -> None:
    """As it does where memory runs out, which a wide convolution is good for."""
    (tmp_path / "p.py").write_text(
        dedent(
            '''
            import os
            import signal

            import regcmp


            @regcmp.register
            class Hungry(regcmp.Regularizer):
                """It takes all the memory that there is."""

                name = "hungry"
                strength_is = regcmp.Number(1, 0, 1, "share of the memory")
                formula = "none"
                paper = "none"
                elsewhere = {"scikit-learn": "no", "Keras": "no", "PyTorch": "no"}

                def prepare(self):
                    os.kill(os.getpid(), signal.SIGKILL)
            '''
        )
    )
    words = ("--dataset", "iris", "none", "hungry", "--plugin", "p.py", "--jobs", "2")
    done = run(("compare", *words, "--seeds", "2", "--epochs", "2"), tmp_path)
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "Error: a worker process ended while 'hungry' of 'p.py' was trained: killed by the system for"
        " want of memory, or by this code; run with --jobs 1 to find out"
    )
