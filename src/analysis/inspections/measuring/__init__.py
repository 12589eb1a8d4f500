"""Sentences to measures: a row a report, the sentences behind it, and how far coders agree."""
