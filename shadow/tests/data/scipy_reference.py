"""What scipy makes of fixed samples. Written to shadow/tests/data/scipy.json with scipy 1.16.3, numpy 2 by:

    python3 -m venv v && v/bin/pip install scipy==1.16.3 && v/bin/python scipy_reference.py > scipy.json

The samples are a formula, not draws: they are the same with every version of numpy.
"""

import json
import math

import numpy as np
from scipy import stats

GOLDEN = 0.618033988749895


def normal(n, start, digits=6):
    """A shuffled normal sample, by quantiles at multiples of the golden ratio."""
    return [round(float(stats.norm.ppf((start + i * GOLDEN) % 1.0)), digits) for i in range(1, n + 1)]


def wilcoxon(differences, method):
    def p(alternative, values=differences):
        found = stats.wilcoxon(values, zero_method="wilcox", correction=False, method=method, alternative=alternative)
        return float(found.pvalue)

    def edge(stays):
        low, high = min(differences), max(differences)
        for _ in range(80):
            middle = (low + high) / 2
            if stays([d - middle for d in differences]):
                low = middle
            else:
                high = middle
        return (low + high) / 2

    walsh = [(a + b) / 2 for i, a in enumerate(differences) for b in differences[i:]]
    case = {
        "differences": differences,
        "exact": method == "exact",
        "greater": p("greater"),
        "less": p("less"),
        "twoSided": p("two-sided"),
    }
    if 0.0 not in differences:
        case["middle"] = float(np.median(walsh))
        case["low"] = edge(lambda moved: p("greater", moved) < 0.025)
        case["high"] = edge(lambda moved: p("less", moved) >= 0.025)
    return case


def rate(count, of):
    both = stats.binomtest(count, of).proportion_ci(0.95, "exact")
    upper = stats.binomtest(count, of, alternative="less").proportion_ci(0.95, "exact").high
    lower = stats.binomtest(count, of, alternative="greater").proportion_ci(0.95, "exact").low
    return {"count": count, "of": of, "low": both.low, "high": both.high, "upper": upper, "lower": lower}


def fisher(a, n, b, m):
    p = stats.fisher_exact([[a, n - a], [b, m - b]], alternative="greater").pvalue
    return {"a": a, "n": n, "b": b, "m": m, "p": float(p)}


def quantiles(n):
    sample = [round(math.exp(0.5 * x), 6) for x in normal(n, 0.3)]

    def of(share):
        interval = stats.quantile_test(sample, q=1.0, p=share).confidence_interval(0.95)
        bound = lambda value: None if math.isnan(value) else float(value)
        return {
            "share": share,
            "value": float(np.quantile(sample, share)),
            "low": bound(interval.low),
            "high": bound(interval.high),
        }

    return {"sample": sample, "quantiles": [of(0.5), of(0.95), of(0.99)]}


def bootstrapped(n):
    sample = [round(0.4 * x + 0.1, 6) for x in normal(n, 0.7)]
    rng = np.random.default_rng(7)
    found = stats.bootstrap((sample,), np.median, n_resamples=9999, method="percentile", rng=rng)
    interval = found.confidence_interval
    return {"sample": sample, "value": float(np.median(sample)), "low": float(interval.low), "high": float(interval.high)}


def shifted(sample, by):
    return [round(x + by, 6) for x in sample]


print(
    json.dumps(
        {
            "wilcoxon": [
                wilcoxon(shifted(normal(12, 0.1), 0.3), "exact"),
                wilcoxon(shifted(normal(40, 0.2), -0.2), "exact"),
                wilcoxon(shifted(normal(200, 0.5), 0.1), "asymptotic"),
                wilcoxon([round(x + 0.2, 1) for x in normal(120, 0.4, 1)], "asymptotic"),
            ],
            "rates": [rate(*it) for it in [(0, 50), (0, 300), (1, 300), (7, 1000), (500, 1000), (299, 300), (0, 3000)]],
            "fisher": [fisher(*it) for it in [(8, 100, 1, 100), (1, 300, 0, 300), (30, 1000, 12, 500), (3, 40, 6, 20)]],
            "percentiles": [quantiles(100), quantiles(300), quantiles(1000)],
            "bootstrap": [bootstrapped(60), bootstrapped(400)],
        }
    )
)
