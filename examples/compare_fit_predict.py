"""From a CSV file to predictions: compare, fit the winner, predict rows that were held back.

    python examples/compare_fit_predict.py [DATASET] [SEEDS]

DATASET is one of scikit-learn's: breast_cancer, wine, digits or iris. Its rows are written to two CSV
files first, one to learn from and one to predict, as if they had come from elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sklearn import datasets
from sklearn.model_selection import train_test_split

import regcmp

METHODS = ["none", "l2=1e-3,1e-2", "dropout=0.2,0.5", "l2=1e-3+dropout=0.2"]


def main(dataset: str = "breast_cancer", seeds: str = "5") -> None:
    """Print the verdict, what was trained, and how it does on rows that nobody has seen."""
    with TemporaryDirectory() as folder:
        known, new = write_files(dataset, Path(folder))

        comparison = regcmp.compare(known, METHODS, seeds=int(seeds), train_size=0.6)
        print(comparison.verdict.splitlines()[0])

        best = comparison.summary.sort_values("test_mean").iloc[-1]["method"]
        model = comparison.fit(best, seeds=3)
        model.save(Path(folder) / "model.regcmp")
        print(
            f"{best}: {len(model.networks)} networks, trained on {model.facts.rows['train']} rows"
        )

        model = regcmp.load(Path(folder) / "model.regcmp")
        print(f"accuracy on {len(new)} new rows: {model.score(new, new['target']):.1%}")
        probabilities = model.predict_proba(new)
        for name, row in zip(model.predict(new)[:5], probabilities[:5], strict=True):
            print(f"  {name}: {row.max():.1%}")


def write_files(dataset: str, folder: Path) -> tuple[str, object]:
    """A CSV file of four fifths of the rows, and the others as a frame."""
    frame = getattr(datasets, f"load_{dataset}")(as_frame=True).frame
    known, new = train_test_split(frame, test_size=0.2, stratify=frame["target"], random_state=0)
    known.to_csv(folder / "known.csv", index=False)
    return str(folder / "known.csv"), new


if __name__ == "__main__":
    main(*sys.argv[1:])
