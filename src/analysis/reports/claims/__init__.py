"""The verdicts, claim by claim, and where every number of the reports was made."""
