"""Where rows come from, which column is predicted, and how rows are divided."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from modelspec.spec.base import Boolean, Integer, Number, Percent, Strict
from modelspec.spec.paths import Column, SourcePath
from modelspec.spec.scalar import number_or
from modelspec.spec.urls import is_url

NUMBER_POLICIES = ("median", "mean")
MOST_BUCKETS = 4096


class Target(Strict):
    """The column to predict; `target: churned` is short for `target: {column: churned}`."""

    column: Column = Field(description="The column to predict.", examples=["churned"])
    positive: str | None = Field(
        default=None,
        description="Binary only: the class that precision, recall and the answer are about. "
        "Left out: `1`, `true` or `yes` of 0/1, false/true, no/yes; other classes need it.",
    )


class Split(Strict):
    """Shares of all rows. A row keeps its side as data grows: it is chosen by a hash.

    The hash is of `key`, or of the row's feature values where no key is named.
    """

    test: Percent = Field(
        default=Decimal("0.2"), gt=0, lt=1, description="Share of all rows that only judge."
    )
    validation: Percent = Field(
        default=Decimal("0.1"), gt=0, lt=1, description="Share of all rows that stop the training."
    )
    key: Column | None = Field(
        default=None, description="Rows with one value of this column stay on one side."
    )
    seed: Integer = Field(default=42, ge=0, lt=2**32, description="Another seed, another split.")


def _missing_number(value: Any) -> str | float | None:
    return None if value is None else number_or(value, NUMBER_POLICIES)


MissingNumber = Annotated[
    Literal["median", "mean"] | float | None,
    PlainValidator(_missing_number),
    WithJsonSchema({"anyOf": [{"enum": list(NUMBER_POLICIES)}, {"type": ["number", "null"]}]}),
]


Pii = Annotated[
    Boolean,
    Field(
        description="Personal: no value of it gets into messages, records, images or statistics."
    ),
]


class NumberFeature(Strict):
    """A number; `missing` says what an empty cell becomes (left out: it is an error)."""

    type: Literal["number"] = Field(description="A number.")
    missing: MissingNumber = Field(
        default=None,
        description="What an empty cell becomes: median, mean (of training rows), "
        "or a number. Left out: an empty cell is an error.",
    )
    min: Number | None = Field(default=None, description="Smaller values are an error.")
    max: Number | None = Field(default=None, description="Larger values are an error.")
    pii: Pii = False


class Encoding(Strict):
    """How texts become columns, where it is not one column for each value.

    `hash`: a text is in the column BLAKE2b(UTF-8, digest of 8 bytes, big-endian) modulo `hash`.
    """

    hash: Integer = Field(
        ge=2,
        le=MOST_BUCKETS,
        description="A text is in one of so many columns, chosen by a hash of it.",
        examples=[64],
    )


class CategoryFeature(Strict):
    """A text, encoded one-hot: a column for each value, and all zeros for any other value."""

    type: Literal["category"] = Field(description="A text, one of several.")
    values: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(
        default=None,
        min_length=1,
        description="The values, in the order of their columns. Left out: those of training rows.",
    )
    missing: Literal["most_frequent", "own_category"] | None = Field(
        default=None,
        description="What an empty cell becomes: the most frequent value of training rows, or a "
        "category of its own. Left out: an empty cell is an error.",
    )
    encoding: Encoding | None = Field(
        default=None,
        description="Left out: a column for each value. `{hash: 64}`: no list of values is kept.",
    )
    pii: Pii = False


class Csv(Strict):
    """How a CSV file is written, where it is not with commas and decimal points."""

    separator: Literal["comma", "semicolon", "tab", "pipe"] = Field(
        default="comma", description="What stands between the fields of a row."
    )
    decimal: Literal["point", "comma"] = Field(
        default="point", description="What stands before the decimals of a number."
    )
    missing: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        description="Cells with one of these texts are empty cells, in every column.",
        examples=[["NA", "?"]],
    )


def _spelled_out(value: Any) -> Any:
    """`plan: category` is short for `plan: {type: category}`."""
    return {"type": value} if isinstance(value, str) else value


def _target(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Feature = Annotated[
    Annotated[NumberFeature | CategoryFeature, Field(discriminator="type")],
    BeforeValidator(
        _spelled_out,
        json_schema_input_type=Annotated[
            NumberFeature | CategoryFeature, Field(discriminator="type")
        ]
        | Literal["number", "category"],
    ),
]


class Data(Strict):
    """A table: one row an example. Columns not used as features go into `ignore`."""

    source: SourcePath = Field(
        description="A CSV file with a header: a path relative to this file, or a URL (https, s3, "
        "gs, abfs) whose content `modelspec lock` pins.",
        examples=["data/churn.csv"],
    )
    csv: Csv = Field(default=Csv(), description="How the file is written.")
    target: Annotated[Target, BeforeValidator(_target, json_schema_input_type=Target | Column)] = (
        Field(description="The column to predict.", examples=["churned"])
    )
    ignore: tuple[Column, ...] = Field(
        default=(), description="Columns that are neither features nor target."
    )
    split: Split = Field(default=Split(), description="How rows are divided.")
    features: dict[Column, Feature] | None = Field(
        default=None,
        min_length=1,
        description="Columns the model sees, each `number`, `category`, or a mapping. If given it "
        "is complete: other columns are not used. Left out: inferred from the data.",
    )

    @property
    def remote(self) -> bool:
        """Whether the rows lie outside of the repository."""
        return is_url(self.source)
