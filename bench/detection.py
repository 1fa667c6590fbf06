"""How often drift rules speak without a cause, and how soon with one, on simulated fleets.

Seeds 0 to 9 were for trying things out; what is reported comes from others. Everything is
simulated: it says which rules cannot work, not how often the others will speak over real regions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median

import numpy as np

from bench.detecting import customary, life, rules
from bench.detecting.faults import DAYS, FAULTS, faulty_rows
from bench.detecting.fleet import WARM_UP
from bench.detecting.life import Said
from bench.detecting.load import fleet_day_of, histograms, lived_state
from bench.report import RESULTS
from regions.drift.histogram import binned
from regions.drift.inputs import State, empty_state, judge_day
from regions.drift.verdicts import Rule

YEAR = 365
FIRST = 30
SMALL, LARGE = 18, 100
SEEDS = (11, 12, 13, 14, 15)
LARGE_SEEDS = SEEDS[:2]
# The fleets into which faults are put, and the days on which they begin.
FAULT_SEEDS = SEEDS[:2]
BEGIN = (205, 317, 429)
# Regions of the 18 that have a fault at the same time, each another one.
AT_ONCE = 4
DISTRIBUTIONS = {f"{what}_{rule}" for what in ("input", "output") for rule in (Rule.DAY, Rule.SLOW)}
ALL = {*DISTRIBUTIONS, Rule.NEW_CATEGORY, *rules.FAMILIES}
WITHIN = (1, 7, 14, 30)
# What was found within 7, 14 and 30 days where the rules were studied, on another simulated fleet:
# by all rules that look at inputs and outputs, but for the two that are named after one.
STUDIED = {
    "broken since its first day, 33%, by peers alone": "0.74 / 0.96 / –",
    "new vendor, 30 % of studies": "0.98 / 1.00 / 1.00",
    "new vendor, 10 %": "0.97 / 0.98 / 1.00",
    "exposure +0.5 sd": "0.78 / 0.88 / 0.95",
    "age +0.4 sd": "0.63 / 0.88 / 0.98",
    "inverted images, 20 %": "0.98 / 1.00 / 1.00",
    "garbage, 10 %": "0.95 / 0.98 / 1.00",
    "zero tensor, whole region": "0.98 / 1.00 / 1.00",
    "zero tensor, 33 %, identical outputs": "0.98 / 1.00 / 1.00",
    "zero tensor, 33 %, class collapse only": "0.64 / – / 0.98",
    "score +0.3 sd": "0.50 / 0.75 / 0.90",
    "exposure, ramp to 0.5 sd in 30 days": "0.07 / 0.33 / 0.93",
    "new vendor, ramp to 10 % in 30 days": "0.53 / 0.88 / 1.00",
    "volume −50 %": "0.95 / – / –",
}
WEAKER = """
The last column is what the study of these rules found on a fleet of its own, with 60 faults a line.
With 24 a line one fault is 0.04, and a share's standard error is up to 0.1: between two runs that
judged inverted images by the same rules, other regions drawn took them from 0.79 to 0.92 within a
week. Sizes are in standard deviations of the attribute in its region.

Weaker are inverted images and, within a fortnight, a third of zero tensors: in tries on another
seed the late ones were regions of 25 to 125 studies a day. Half of the inverted images lie within
the usual greys here, so 50 pooled studies hold about three beyond them where half a study is usual;
that is no discovery among the 252 tests of a day, and takes days to add up. A Pareto tail for the
scores' probabilities, and pools for each attribute, were tried on that seed: both doubled what is
said without a cause, and found this no sooner in the smallest regions. Score +0.3 sd, volume −50 %
and the ramp's first week are within one fault of the study."""


def short() -> None:
    """Run a small part of it, to see that it runs; writes bench/results/detection-short.md."""
    main(is_short=True)


def main(is_short: bool = False) -> None:
    """Run it all and write bench/results/detection.md."""
    seeds = SEEDS[:1] if is_short else SEEDS
    large = () if is_short else LARGE_SEEDS
    started = time.perf_counter()
    lines = head()
    jobs = [(seed, LARGE) for seed in large] + [(seed, SMALL) for seed in seeds]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [pool.submit(faults, seed, is_short) for seed in seeds if seed in FAULT_SEEDS]
        years = [pool.submit(quiet_year, seed, size) for seed, size in jobs]
        lines += alarms_table([year.result() for year in years])
        lines += faults_table([one for job in found for one in job.result()])
    lines += speed_table()
    lines += ["", f"The whole run took {(time.perf_counter() - started) / 60:.0f} minutes."]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    name = "detection-short.md" if is_short else "detection.md"
    (RESULTS / name).write_text("\n".join(lines) + "\n")


def head() -> list[str]:
    return [
        "# detection",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. Simulated fleets (bench/detecting/fleet.py), a year after"
        f" {WARM_UP} days of warming up; seeds {', '.join(map(str, SEEDS))}, none of them used"
        " while rules or limits were chosen. Rows in the shapes that the center keeps: inputs by"
        " device model, scores by node only, equal outputs by hour.",
        "",
    ]


def quiet_year(seed: int, n_regions: int) -> dict[str, float]:
    """Return what was said in a year without drift: episodes of a region's week, by family."""
    n_days = WARM_UP + YEAR
    fleet = life.make(seed, n_regions, n_days)
    said = Said()
    life.live(fleet, empty_state(n_regions * life.N_SERIES), FIRST, n_days, said)
    rules.watch(fleet, WARM_UP, n_days, said)
    year = since(said, WARM_UP)
    weeks = n_regions * YEAR / 7
    families = {family: year.episodes({family}) / weeks for family in sorted(ALL)}
    return {
        "regions": n_regions,
        "seed": seed,
        "distribution rules": merged_episodes(year, DISTRIBUTIONS) / weeks,
        "all rules": merged_episodes(year, ALL) / weeks,
        **families,
        **customary.alert_days(fleet, WARM_UP, n_days),
    }


# One alert, one message: rules of one family speak of one thing.
ONE_ALERT = {
    **{f"{what}_{rule}": what for what in ("input", "output") for rule in (Rule.DAY, Rule.SLOW)},
    **dict.fromkeys(("identical", "class_share", "peers", "constants"), "output"),
}


def merged_episodes(said: Said, families: set[str]) -> int:
    """Return the number of alerts: key is region and family, days within a week are one."""
    alerts = Said()
    for (region, family), days in said.days.items():
        if family in families:
            for day in days:
                alerts.add(region, ONE_ALERT.get(family, family), day)
    return alerts.episodes({family for _region, family in alerts.days})


def since(said: Said, first: int) -> Said:
    later = Said()
    for (region, family), days in said.days.items():
        for day in days:
            if day >= first:
                later.add(region, family, day)
    return later


def faults(seed: int, is_short: bool) -> list[tuple[str, int | None]]:
    """Return for each fault put into the fleet the days until it was found, None for never."""
    begin = BEGIN[:1] if is_short else BEGIN
    fleet = life.make(seed, SMALL, max(begin) + DAYS)
    state = empty_state(SMALL * life.N_SERIES)
    _state, states = life.live(fleet, state, FIRST, max(begin) + 1, Said(), keep=begin)
    rng = np.random.default_rng([seed, 77])
    found: list[tuple[str, int | None]] = []
    for first in begin:
        found += since_first_day(fleet, first, rng)
        pairs = [
            (name, int(r)) for name in FAULTS for r in rng.choice(SMALL, AT_ONCE, replace=False)
        ]
        while pairs:
            batch: dict[int, str] = {}
            for name, r in list(pairs):
                if r not in batch and len(batch) < AT_ONCE:
                    batch[r] = name
                    pairs.remove((name, r))
            found += with_faults(fleet, states[first], first, batch, rng)
    return found


def with_faults(
    fleet: life.Fleet,
    state: State,
    first: int,
    batch: dict[int, str],
    rng: np.random.Generator,
) -> list[tuple[str, int | None]]:
    """Put faults into regions for 30 days, live through them, and put everything back."""
    before = {r: fleet.taken(r, first, DAYS) for r in batch}
    for r, name in batch.items():
        fleet.put(r, first, faulty_rows(name, fleet.regions[r], first, rng))
    said = Said()
    life.live(fleet, state, first, first + DAYS, said)
    rules.watch(fleet, first, first + DAYS, said)
    for r, rows in before.items():
        fleet.put(r, first, rows)
    return [(name, said.first(r, FAULTS[name][1], first)) for r, name in batch.items()]


def since_first_day(
    fleet: life.Fleet, first: int, rng: np.random.Generator
) -> list[tuple[str, int | None]]:
    """A version comes to all regions, and to one of them broken: only peers can tell."""
    found: list[tuple[str, int | None]] = []
    days = slice(first, first + DAYS)
    counts, n = rules.stacked(fleet, "classes")[days], rules.stacked(fleet, "n")[days]
    for share in (1.0, 0.33):
        for r in rng.choice(SMALL, 4, replace=False):
            broken = counts.copy()
            lost = rng.binomial(broken[:, r], share)
            broken[:, r] -= lost
            broken[:, r, 1] += lost.sum(axis=1)
            delays = (t + 1 for t in range(DAYS) if r in rules.unlike_peers(broken, n, t))
            name = f"broken since its first day, {share:.0%}, by peers alone"
            found.append((name, next(delays, None)))
    return found


def alarms_table(years: list[dict[str, float]]) -> list[str]:
    lines = ["## Nothing happens: what is said all the same", ""]
    lines += ["For a region's week, mean (lowest to highest) over the seeds.", ""]
    sizes = sorted({int(year["regions"]) for year in years})
    lines += ["| | " + " | ".join(f"{size} regions" for size in sizes) + " |"]
    lines += ["|---|" + "---:|" * len(sizes)]
    for name in years[0]:
        if name in ("regions", "seed"):
            continue
        cells = []
        for size in sizes:
            values = [year[name] for year in years if year["regions"] == size]
            digits = 2 if name in customary.RULES else 4
            cells.append(
                f"{mean(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
            )
        bold = "**" if name in ("distribution rules", "all rules") else ""
        unit = "alert days" if name in customary.RULES else "episodes"
        lines.append(f"| {bold}{name}{bold}, {unit} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def faults_table(found: list[tuple[str, int | None]]) -> list[str]:
    delays: dict[str, list[int | None]] = defaultdict(list)
    for name, delay in found:
        delays[name].append(delay)
    lines = ["## Something happens: how soon it is found", ""]
    lines += [
        f"18 regions, {AT_ONCE} of them with a fault at a time; days that had a fault stay in"
    ]
    lines += ["the references, which is the worst case. Delay in days; 1 is the day it began.", ""]
    columns = [*(f"within {d}" for d in WITHIN), "median delay", "studied, 7 / 14 / 30"]
    lines += [f"| fault | n | {' | '.join(columns)} |"]
    lines += ["|---|---:|" + "---:|" * (len(WITHIN) + 2)]
    for name, all_of in delays.items():
        known = [delay if delay else DAYS + 1 for delay in all_of]
        cells = [f"{np.mean([one <= d for one in known]):.2f}" for d in WITHIN]
        middle = median(known)
        cells.append(f"{middle:g}" if middle <= DAYS else f"> {DAYS}")
        cells.append(STUDIED.get(name, ""))
        lines.append(f"| {name} | {len(known)} | " + " | ".join(cells) + " |")
    return [*lines, *WEAKER.splitlines(), ""]


def speed_table() -> list[str]:
    lines = ["## Speed", "", "| what | processor seconds |", "|---|---:|"]
    day = "a day of 100 regions × 40 attributes, references added up"
    lines += [f"| {day} | {fleet_day_s():.2f} |"]
    ours, theirs = against_evidently()
    lines += [f"| 1 M + 1 M rows × 10: binned and compared | {ours:.3f} |"]
    if theirs is None:
        print(
            "EVIDENTLY WAS NOT MEASURED: name an interpreter that has it (pandas < 3) in"
            " BENCH_EVIDENTLY_PYTHON.",
            file=sys.stderr,
        )
        return [*lines, "| Evidently DataDriftPreset on the same rows | not installed |"]
    lines += [f"| Evidently DataDriftPreset on the same rows | {theirs:.1f} |"]
    return [*lines, f"| ratio | {theirs / ours:,.0f} |"]


def fleet_day_s() -> float:
    """Return the processor time of a day of 100 regions with 40 attributes of four devices."""
    state = lived_state()
    histograms()
    times = []
    for _run in range(5):
        started = time.process_time()
        judge_day(fleet_day_of(), state)
        times.append(time.process_time() - started)
    return median(times)


def against_evidently() -> tuple[float, float | None]:
    """Return the processor seconds that we and Evidently take for the same two tables."""
    rng = np.random.default_rng(1)
    today, reference = rng.normal(0, 1, (2, 10, 1_000_000))
    started = time.process_time()
    rows = [np.stack([binned(x, -4, 4) for x in table]) for table in (today, reference)]
    for figure in (customary.figures.psi, customary.figures.js, customary.figures.ks):
        figure(*rows)
    customary.figures.wasserstein(*rows, -4, 4)
    ours = time.process_time() - started
    python = os.environ.get("BENCH_EVIDENTLY_PYTHON")
    if not python:
        return ours, None
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "tables.npz", today=today, reference=reference)
        script = Path(__file__).parent / "evidently_report.py"
        done = subprocess.run(
            [python, str(script), str(Path(folder) / "tables.npz")],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return ours, None
    return ours, float(done.stdout.split()[-1])
