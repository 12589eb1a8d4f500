import pickle

import pytest

from analysis.data.panel import store
from analysis.reports.austerity.study import AusterityParameters, study_austerity
from analysis.reports.reproductions.study import WEBB_PRICE_YEAR


@pytest.fixture(scope="session")
def spend(made_once):
    """The study of spend as its report has it by default, which takes seconds to compute."""
    parameters = AusterityParameters()

    def compute(path):
        study = study_austerity(
            store.without_very_small(store.load_panel().authorities),
            store.load_spending(parameters.price_year),
            store.load_reports(),
            store.price_factor(parameters.price_year),
            store.price_factor(WEBB_PRICE_YEAR),
            parameters,
        )
        path.write_bytes(pickle.dumps(study))

    return pickle.loads(made_once("study-of-spend", compute).read_bytes())
