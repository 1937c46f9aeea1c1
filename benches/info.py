"""Measures the times of scikit-learn and SciPy on the tables of info.rs: `PYTHON=… just bench-info`.

Needs scikit-learn, which installs SciPy and NumPy. Prints the best of three times, in seconds.
"""

import time

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression


def pairs(n, d):
    random = np.random.default_rng(1)
    x = random.standard_normal((n, d))
    return x, 0.6 * x + 0.8 * random.standard_normal((n, d))


def sklearn_ksg(n):
    x, y = pairs(n, 1)
    return lambda: mutual_info_regression(x, y[:, 0], n_neighbors=3)[0]


def scipy_ksg(n, d, k=3):
    """KSG 1 on cKDTree with two workers."""
    x, y = pairs(n, d)

    def run():
        both = np.hstack([x, y])
        radius = cKDTree(both).query(both, k + 1, p=np.inf, workers=2)[0][:, -1]
        strictly = np.nextafter(radius, 0)
        count = lambda z: cKDTree(z).query_ball_point(z, strictly, p=np.inf, workers=2, return_length=True)
        return digamma(k) + digamma(n) - np.mean(digamma(count(x)) + digamma(count(y)))

    return run


def scipy_neighbours(n, d=2, k=5):
    x = np.random.default_rng(1).standard_normal((n, d))
    return lambda: cKDTree(x).query(x, k + 1, workers=2)[0][:, -1].sum()


def best(run):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    for what, run in [
        ("scikit-learn, mutual_info_regression, 1 + 1, N = 100,000", sklearn_ksg(100_000)),
        ("SciPy, KSG 1, 1 + 1, N = 100,000", scipy_ksg(100_000, 1)),
        ("SciPy, KSG 1, 5 + 5, N = 10,000", scipy_ksg(10_000, 5)),
        ("SciPy, 5 nearest, 2, N = 1,000,000", scipy_neighbours(1_000_000)),
    ]:
        print(f"{best(run):8.3f} s  {what}", flush=True)
