"""All pairs together, corrected for how many there are."""
