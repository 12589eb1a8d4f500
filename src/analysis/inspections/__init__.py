"""Inspection reports as data: PDF → lines → sentences and judgements."""
