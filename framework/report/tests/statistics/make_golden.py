"""Writes golden.json: random inputs, and what SciPy, statsmodels and NumPy make of them.

Run as `python make_golden.py` with SciPy 1.17 and statsmodels 0.15 installed.
"""

import json
import math
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20260105)


def student():
    dfs = [1, 2, 3, 4, 5, 9, 19, 49, 200]
    ts = [-30.0, -2.5, -1e-3, 0.0, 1e-4, 0.3, 1.0, 2.0, 4.5, 12.0, 60.0]
    ps = [0.5, 0.6, 0.8, 0.9, 0.975, 0.995, 0.9999]
    return {
        "cdf": [[t, df, stats.t.cdf(t, df)] for df in dfs for t in ts],
        "two_sided": [[t, df, 2 * stats.t.sf(abs(t), df)] for df in dfs for t in ts],
        "quantile": [[p, df, stats.t.ppf(p, df)] for df in dfs for p in ps],
    }


def paired():
    cases = []
    for n in [3, 4, 5, 6, 10, 20, 40]:
        for _ in range(4):
            d = rng.normal(rng.normal(0, 2), rng.uniform(0.1, 4), n)
            test = stats.ttest_1samp(d, 0)
            low, high = test.confidence_interval(0.95)
            df = n - 1
            error = d.std(ddof=1) / math.sqrt(n)
            cases.append({
                "differences": d.tolist(),
                "mean": d.mean(),
                "sd": d.std(ddof=1),
                "low": low,
                "high": high,
                "p": test.pvalue,
                "smallest_visible": (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)) * error,
            })
    return cases


def folds():
    """Nadeau and Bengio's statistic is in no library: their formula with SciPy's distribution."""
    cases = []
    for k, train, test in [(5, 9356, 2341), (10, 900, 100), (3, 200, 100)]:
        d = rng.normal(1, 2, k)
        error = math.sqrt((1 / k + test / train) * d.var(ddof=1))
        low, high = stats.t.interval(0.95, k - 1, loc=d.mean(), scale=error)
        p = 2 * stats.t.sf(abs(d.mean() / error), k - 1)
        cases.append({"differences": d.tolist(), "train": train, "test": test,
                      "low": low, "high": high, "p": p})
    return cases


def sign_flip():
    cases = []
    for n in [6, 7, 8, 10, 12]:
        for shift in [0.0, 0.8, 3.0]:
            # With one decimal there are ties, and zeros.
            d = np.round(rng.normal(shift, 1, n), 1)
            found = stats.permutation_test((d, np.zeros(n)), lambda a, b, axis: np.mean(a - b, axis=axis),
                                           permutation_type="samples", n_resamples=np.inf, vectorized=True)
            cases.append({"differences": d.tolist(), "p": found.pvalue})
    return cases


def models():
    cases = []
    for b, c in [(0, 0), (0, 1), (0, 6), (5, 5), (3, 14), (40, 61), (700, 800), (2000, 1890)]:
        cases.append([b, c, mcnemar([[10, b], [c, 10]], exact=True).pvalue])
    return cases


def holm():
    cases = []
    for m in [1, 2, 5, 12]:
        p = rng.uniform(0, 1, m) ** 3
        cases.append({"p": p.tolist(), "corrected": multipletests(p, method="holm")[1].tolist()})
    return cases


def draw_clips(supports, pairs, persons):
    """(class, person, difference) of each clip."""
    clips = []
    for label, support in enumerate(supports):
        chance = rng.dirichlet([1.0] * (2 * pairs + 1))
        for difference in rng.choice(2 * pairs + 1, support, p=chance) - pairs:
            clips.append([label, int(rng.integers(persons)), int(difference)])
    return clips


def by_clip(folds, pairs, metric):
    strata, weights = [], []
    for clips in folds:
        clips = np.array(clips)
        labels = np.unique(clips[:, 0])
        parts = [clips[clips[:, 0] == label, 2] for label in labels] if metric == "uar" else [clips[:, 2]]
        strata += parts
        weights += [100 / (pairs * len(folds) * len(parts))] * len(parts)

    def statistic(*parts, axis):
        return sum(weight * np.mean(part, axis=axis) for weight, part in zip(weights, parts))

    found = stats.bootstrap(strata, statistic, method="percentile", n_resamples=99_999, batch=1000,
                            vectorized=True, rng=rng)
    return found.confidence_interval.low, found.confidence_interval.high, found.standard_error


def by_person(folds, pairs, metric):
    values = np.zeros(50_000)
    for clips in folds:
        clips = np.array(clips)
        label = clips[:, 0] if metric == "uar" else 0 * clips[:, 0]
        people = np.unique(clips[:, 1])
        count = np.zeros((len(people), label.max() + 1))
        total = np.zeros_like(count)
        for own, person, difference in zip(label, clips[:, 1], clips[:, 2]):
            count[np.searchsorted(people, person), own] += 1
            total[np.searchsorted(people, person), own] += difference
        weight = rng.multinomial(len(people), [1 / len(people)] * len(people), len(values))
        with np.errstate(invalid="ignore"):
            recall = (weight @ total) / (weight @ count)
        values += np.nanmean(recall, axis=1) * 100 / (pairs * len(folds))
    low, high = np.quantile(values, [0.025, 0.975])
    return low, high, values.std(ddof=1)


def bootstrap():
    cases = []
    for supports, fold_count, pairs in [([45, 36, 40, 32, 27, 6, 18], 1, 1), ([60, 50, 12], 3, 5), ([300, 200], 2, 2)]:
        folds = [draw_clips(supports, pairs, 25) for _ in range(fold_count)]
        for metric in ["uar", "war"]:
            for unit, draw in [("clip", by_clip), ("person", by_person)]:
                low, high, error = draw(folds, pairs, metric)
                cases.append({"folds": folds, "pairs": pairs, "metric": metric, "unit": unit,
                              "low": low, "high": high, "standard_error": error})
    return cases


golden = {"student": student(), "paired": paired(), "folds": folds(), "sign_flip": sign_flip(),
          "mcnemar": models(), "holm": holm(), "bootstrap": bootstrap()}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
