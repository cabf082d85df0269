"""Files that are well formed and far too large: one answer, within a second."""

from __future__ import annotations

import re
import time

import pytest

from modelspec.diagnostics import InputError
from modelspec.spec.load import load
from tests.spec.examples import FULL, MINIMAL

MANY = 9_500  # values; a few more are refused while reading


def below_data(text: str) -> str:
    return MINIMAL.replace("target: churned", f"target: churned\n{text}")


LARGE = {
    "unknown keys": MINIMAL + "".join(f"epochs{i}: 1\n" for i in range(MANY)),
    "misspelled types": below_data(
        "  features:\n" + "".join(f"    c{i}: numbr\n" for i in range(MANY))
    ),
    "one column ignored often": below_data(f"  ignore: [{'a, ' * MANY}]"),
    "gates that cannot be read": f"{MINIMAL}evaluate:\n  gates: [{'a, ' * MANY}]",
    "gates on no metric": f"{MINIMAL}evaluate:\n  gates: [{'a > 1, ' * 199}]",
    "misspelled metrics": f"{MINIMAL}evaluate:\n  metrics: [{'acuracy, ' * 99}]",
    "layers that are no numbers": f"{MINIMAL}  layers: [{'x, ' * MANY}]",
    "one value often": below_data(
        f"  features: {{a: {{type: category, values: [{'x, ' * MANY}]}}}}"
    ),
    "a long name": MINIMAL.replace("name: churn", f"name: {'x' * 900_000}"),
    "a long gate": f'{MINIMAL}evaluate:\n  gates: ["{"a" * 900_000}"]',
    "a long key": f"{MINIMAL}? {'a' * 900_000}\n: 1",
    "a long path": MINIMAL.replace("data/churn.csv", "/" * 900_000),
    "a long image": f"{MINIMAL}container:\n  base: {'a-' * 400_000}",
    "an image that backtracks": f"{MINIMAL}container:\n  base: {'a-' * 200}_!",
    "a long metric": f"{MINIMAL}evaluate:\n  metrics: [{'a' * 900_000}]",
    "a long percentage": below_data(f"  split: {{test: {'1' * 900_000}}}"),
    "a long duration": f"{MINIMAL}monitor:\n  slo: {{window: {'1d' * 400_000}}}",
    "a long number": f"{MINIMAL}train:\n  epochs: {'1' * 900_000}",
    "a long number with underscores": f"{MINIMAL}train:\n  epochs: {'1_' * 400_000}x",
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_wrong_file_is_answered_within_a_second(name: str) -> None:
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        load(LARGE[name].encode(), "m.yaml")
    assert time.process_time() - start < 1
    assert len(caught.value.diagnostics) <= 51
    assert len(str(caught.value)) < 20_000
    assert "values in one file" not in str(caught.value)


VALUES = [match.span(1) for match in re.finditer(r"(?:: |- |\[|, )([\w.%@/-]+)", FULL)]


@pytest.mark.parametrize("part", ["1", "1a", "a:1/"])
def test_a_value_of_nearly_a_megabyte_is_answered_in_no_time_wherever_it_stands(part: str) -> None:
    long = part * (900_000 // len(part))
    assert len(VALUES) > 50
    for start, end in VALUES:
        began = time.process_time()
        try:
            load(f"{FULL[:start]}'{long}'{FULL[end:]}".encode(), "m.yaml")
        except InputError as error:
            assert len(str(error)) < 5000, FULL[start - 20 : end]
        assert time.process_time() - began < 1, FULL[start - 20 : end]
