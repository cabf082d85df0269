"""Our server beside those of others: `make bench-serving`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median

from tests.bench_serving import contenders, subject
from tests.bench_serving.run import CONNECTIONS, Result, measure

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
SHARE, FACTOR = 0.75, 7.0  # of the constant answer, and of the best of the others


def main() -> None:
    """Installs, measures in turns, prints."""
    others = contenders.others()
    everybody = [*contenders.ours(), *others]
    for contender in everybody:
        contender.install()
    results: dict[str, list[Result]] = {contender.name: [] for contender in everybody}
    loads = []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        subject.write(model)
        for _ in range(ROUNDS):
            for contender in everybody:
                results[contender.name].append(measure(contender, model, SECONDS))
                loads.append(os.getloadavg()[0])
    constant = results[contenders.CONSTANT]
    best = max((other.name for other in others), key=lambda name: _median(results[name], "rate"))
    print(
        f"{'':<26}{'answers/s':>10}{'spread':>8}{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>8}"
        f"{'MiB':>6}{'ready s':>8}{'MB':>6}{'x const.':>9}{'by CPU':>8}{'x best':>8}"
    )
    for contender in everybody:
        print(_line(contender, results[contender.name], constant, results[best]))
    print(
        f"one row of 30 numbers, {CONNECTIONS} connections, server and h2load on a core each; "
        f"medians of {ROUNDS} interleaved rounds of {SECONDS} s;\n"
        "spread is (largest - smallest) / median; ready: from its start to its first answer; MB: "
        "what is installed beside Python;\n"
        f"best of the others: {best}; wanted: {SHARE} x constant, {FACTOR:g} x best; "
        f"load of the machine {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} cores"
    )


def _median(results: list[Result], name: str) -> float:
    values: list[float] = [getattr(result, name) for result in results]
    return median(values)


def _line(
    contender: contenders.Contender,
    results: list[Result],
    constant: list[Result],
    best: list[Result],
) -> str:
    rates = [result.rate for result in results]
    rate, cpu = median(rates), _median(results, "cpu")
    # Round by round: what else the machine does changes more slowly than the turns.
    share = median(a.rate / b.rate for a, b in zip(results, constant, strict=True))
    by_cpu = median(b.cpu / a.cpu for a, b in zip(results, constant, strict=True))
    factor = median(a.rate / b.rate for a, b in zip(results, best, strict=True))
    return (
        f"{contender.name:<26}{rate:>10,.0f}{(max(rates) - min(rates)) / rate:>8.0%}"
        f"{_median(results, 'p50'):>8.2f}{_median(results, 'p99'):>8.2f}{cpu:>8.0f}"
        f"{_median(results, 'mebibytes'):>6.0f}{_median(results, 'start'):>8.1f}"
        f"{contender.megabytes():>6.0f}{share:>9.2f}{by_cpu:>8.2f}{factor:>8.1f}"
    )


if __name__ == "__main__":
    main()
