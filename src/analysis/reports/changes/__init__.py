"""The report on releases: which figures an earlier one had otherwise, and which estimates and verdicts changed with them."""
