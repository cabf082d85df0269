"""Write the CSV files of the examples from the data sets that scikit-learn ships.

    python examples/make_data.py

Running it again writes the same bytes. What is changed on the way is said in the README beside
each file: names of columns are made readable, and a few cells of one file are blanked.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

HERE = Path(__file__).parent

DIABETES = {
    "age": "age_years",
    "sex": "sex",
    "bmi": "body_mass_index",
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_hdl_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}
WINE = {"od280/od315_of_diluted_wines": "od280_od315"}


def breast_cancer() -> str:
    """569 tumours: 30 measurements, and whether it was malignant or benign."""
    data = load_breast_cancer()
    names = [_readable(name) for name in data.feature_names]
    labels = [str(data.target_names[target]) for target in data.target]
    rows = zip(data.data.tolist(), labels, strict=True)
    return _csv([*names, "diagnosis"], ([*map(_text, x), y] for x, y in rows))


def wine() -> str:
    """178 wines: 13 measurements, and which of three growers made it."""
    data = load_wine()
    names = [WINE.get(name, name) for name in data.feature_names]
    labels = [f"grower_{target + 1}" for target in data.target]
    rows = zip(data.data.tolist(), labels, strict=True)
    return _csv([*names, "grower"], ([*map(_text, x), y] for x, y in rows))


def diabetes() -> str:
    """442 patients: ten measurements, and how far diabetes had gone a year later.

    The source codes sex as 1 and 2 and does not say which is which: here they are `a` and `b`.
    It has no missing cells: about 3 % of `sex` and 6 % of `glucose` are blanked here.
    """
    data = load_diabetes(scaled=False)
    names = [DIABETES[name] for name in data.feature_names]
    sex, glucose = names.index("sex"), names.index("glucose")
    rows = []
    for number, (x, y) in enumerate(zip(data.data.tolist(), data.target.tolist(), strict=True)):
        cells = [*map(_text, x), _text(y)]
        cells[sex] = {"1": "a", "2": "b"}[cells[sex]]
        for column, percent in ((sex, 3), (glucose, 6)):
            if _drawn(number, names[column]) < percent:
                cells[column] = ""
        rows.append(cells)
    return _csv([*names, "progression"], rows)


def _drawn(row: int, column: str) -> int:
    """A number from 0 to 99 that depends on the row and the column alone."""
    seed = f"modelspec example, row {row}, column {column}".encode()
    return int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") % 100


def _readable(name: str) -> str:
    """`mean radius` as `radius_mean`, `radius error` as `radius_error`."""
    words = name.split()
    for word in ("mean", "worst"):
        if words[0] == word:
            words = [*words[1:], word]
    return "_".join(words)


def _text(number: float) -> str:
    """The shortest text that reads back as the same number, whole numbers without a point."""
    return repr(float(number)).removesuffix(".0")


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


FILES = {
    "breast-cancer/breast_cancer.csv": breast_cancer,
    "wine/wine.csv": wine,
    "diabetes/diabetes.csv": diabetes,
}

if __name__ == "__main__":
    for path, make in FILES.items():
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_text(make(), encoding="utf-8")
        print(f"wrote {path}")
