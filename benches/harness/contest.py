"""Contenders that take turns."""

import sys
from dataclasses import dataclass, field

from .statistics import Spread, ratio


@dataclass
class Result:
    """What a contender did, round by round."""

    rates: list = field(default_factory=list)
    """How often a second."""
    cpu: list = field(default_factory=list)
    """CPU seconds each time."""
    other: list = field(default_factory=list)
    """What it reports besides."""

    @property
    def rate(self):
        return Spread.of(self.rates)

    @property
    def cpu_microseconds(self):
        return Spread.of(seconds * 1e6 for seconds in self.cpu)


@dataclass(frozen=True)
class Pace:
    """How many rounds, and for how many seconds a contender runs in each."""

    rounds: int
    seconds: float


def contest(title, contenders, pace, at_least=1):
    """Runs all contenders in every round, in an order that changes; `contenders` map a name to a function of a count that
    returns times a second, CPU seconds each, and whatever else it has to say. Counts are multiples of `at_least`."""
    print(f"{title}: {', '.join(contenders)}", file=sys.stderr, flush=True)
    counts = {name: _calibrate(run, pace.seconds, at_least) for name, run in contenders.items()}
    results = {name: Result() for name in contenders}
    names = list(contenders)
    for turn in range(pace.rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            rate, cpu, *other = contenders[name](counts[name])
            results[name].rates.append(rate)
            results[name].cpu.append(cpu)
            results[name].other.extend(other)
    return results


def _calibrate(run, seconds, multiple):
    """How often it can be done in that time."""
    count = multiple * max(1, 32 // multiple)
    # The first time opens connections and files.
    run(count)
    while True:
        rate, *_ = run(count)
        wanted = max(multiple, int(rate * seconds) // multiple * multiple)
        if wanted <= count * 2:
            return wanted
        count = min(wanted, count * 16) // multiple * multiple


def compare(results, ours, theirs):
    """Ours ÷ theirs: of the rates, and of the CPU time each."""
    mine, other = results[ours], results[theirs]
    return ratio(mine.rates, other.rates), ratio(mine.cpu, other.cpu)
