"""A made-up panel whose errors are correlated within groups."""

import numpy as np
import pandas as pd


def panel(seed: int, groups: int = 10, each: int = 2, years: int = 5, slope: float = 0.0) -> pd.DataFrame:
    """An unbalanced panel with errors correlated within groups, two entities in each."""
    generator = np.random.default_rng(seed)
    entities = groups * each
    frame = pd.DataFrame(
        {"entity": np.repeat(np.arange(entities), years), "year": np.tile(np.arange(years), entities)}
    )
    frame["group"] = frame["entity"] // each
    shock = {
        name: generator.normal(size=(groups, years))[frame["group"], frame["year"]] for name in ("x", "y")
    }
    frame["x"] = shock["x"] + generator.normal(size=len(frame)) + frame["entity"] / 5
    frame["z"] = 0.5 * frame["x"] + generator.normal(size=len(frame))
    frame["y"] = slope * frame["x"] + shock["y"] + generator.normal(size=len(frame)) + frame["year"]
    frame["w"] = generator.uniform(0.5, 2, len(frame))
    return frame[generator.random(len(frame)) > 0.1].reset_index(drop=True)
