"""Made-up measures of inspection reports."""

import numpy as np
import pandas as pd

from analysis.data.definitions import inspection_reports


def made_reports(n=120, seed=3):
    """Reports whose turnover and caseload problems rise together, whatever the rest says."""
    rng = np.random.default_rng(seed)
    shared, badness = rng.normal(size=n), rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "report": [f"r{i}" for i in range(n)],
            "authority_code": [f"E{i % 40:08d}" for i in range(n)],
            "authority": [f"Place {i % 40}" for i in range(n)],
            "published": "2019-05-01",
            "inspection_start": "2019-03-04",
            "overall": np.array(inspection_reports.GRADES)[
                np.clip(np.round(1.5 + badness).astype(int), 0, 3)
            ],
            "sentences": 300,
            "coder": "made",
        }
    )
    for name in inspection_reports.CONSTRUCTS:
        own = shared if name in ("turnover", "caseload") else badness
        frame[f"{name}_problem"] = rng.binomial(300, 1 / (1 + np.exp(3.5 - 0.6 * own)))
        frame[f"{name}_strength"] = rng.binomial(300, 0.03, n)
        frame[f"{name}_mixed"] = 1
    return frame
