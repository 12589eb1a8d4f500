"""What corrected sentences say of a claim on reports: cannot tell, or not what it asks for."""

from types import SimpleNamespace

import pytest

from analysis.claims.report_evidence import _weaknesses

CANNOT_TELL = "Once corrected for the coding model's errors, the figures cannot tell either way."


@pytest.mark.parametrize(
    ("limits", "sign", "weakens"),
    [
        ((-0.4, 0.6), 1, True),  # nil and 0.182 both lie inside
        ((-0.36, 0.065), 1, False),  # 0.182 is ruled out, though nil is not
        ((0.04, 0.9), 1, False),  # clearly as claimed
        ((-0.9, -0.04), 1, False),
        ((-0.36, 0.065), -1, True),  # a claim of fewer such sentences stays open
        ((-0.1, 0.4), -1, False),
    ],
)
def test_sentences_set_right_weaken_a_claim_only_where_they_leave_it_open(limits, sign, weakens):
    corrected = SimpleNamespace(mean_limits=limits)
    evidence = SimpleNamespace(
        corrected={(True, True): corrected}, coded_by="By a model.", why_not_corrected=""
    )
    estimand = SimpleNamespace(outcomes=(SimpleNamespace(sign=sign),), smallest=0.182, standing_reason="")
    told = _weaknesses(estimand, SimpleNamespace(pair=evidence))
    assert told == (("By a model.", CANNOT_TELL) if weakens else ("By a model.",))
