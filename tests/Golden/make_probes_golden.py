"""Records what scikit-learn's classifiers make of two small problems: probes/problems.json.

    python3 tests/Golden/make_probes_golden.py tests/Golden/probes

Needs scikit-learn (1.2.1 wrote the committed file) and numpy. Solvers run far past their default tolerances, so that the numbers are the
optimum of the objective and not the place where a solver gave up.
"""
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.neighbors import NearestCentroid


def problem(classes, seed, c, alpha):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, 5)) * 1.5
    y = random.integers(0, classes, size=90)
    x = centres[y] + random.normal(size=(90, 5)) * np.array([1, 2, 0.5, 1, 3]) + 0.7
    train, test = slice(0, 60), slice(60, 90)
    logistic = LogisticRegression(C=c, solver="newton-cg", tol=1e-9, max_iter=100000).fit(x[train], y[train])
    ridge = RidgeClassifier(alpha=alpha, solver="cholesky").fit(x[train], y[train])
    centroid = NearestCentroid().fit(x[train], y[train])
    predicted = logistic.predict(x[test])
    return {
        "classes": classes, "rows": 60, "c": c, "alpha": alpha, "x": x.round(12).tolist(), "y": y.tolist(),
        "logistic": {
            "coef": logistic.coef_.tolist(), "intercept": logistic.intercept_.tolist(), "predicted": predicted.tolist(),
            "accuracy": accuracy_score(y[test], predicted), "macro_f1": f1_score(y[test], predicted, average="macro"),
        },
        "linear": {"coef": ridge.coef_.tolist(), "intercept": ridge.intercept_.tolist(), "predicted": ridge.predict(x[test]).tolist()},
        "centroid": {"predicted": centroid.predict(x[test]).tolist()},
    }


if __name__ == "__main__":
    cases = {"sklearn": sklearn.__version__, "problems": [problem(3, 1, 0.5, 2.0), problem(2, 2, 3.0, 0.5)]}
    Path(sys.argv[1], "problems.json").write_text(json.dumps(cases) + "\n")
