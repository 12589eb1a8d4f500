"""A made-up panel of which the slope is known."""

import numpy as np
import pandas as pd


def simulated(seed: int, entities: int = 40, years: int = 6, slope: float = 0.5) -> pd.DataFrame:
    """A panel of known slope: effects in both variables, errors correlated within entities."""
    generator = np.random.default_rng(seed)
    entity, year = np.repeat(np.arange(entities), years), np.tile(np.arange(2017, 2017 + years), entities)
    effect = generator.normal(size=entities)[entity] + generator.normal(size=years)[year - 2017]
    exposure = effect + generator.normal(size=len(entity)).reshape(entities, years).cumsum(axis=1).ravel()
    error = generator.normal(size=(entities, years)).cumsum(axis=1).ravel()
    return pd.DataFrame(
        {
            "entity": entity,
            "year": year,
            "exposure": exposure,
            "outcome": slope * exposure + 2 * effect + error,
        }
    )


SIMULATED = {"outcome": "outcome", "exposure": "exposure", "entity": "entity", "cluster": "entity"}
