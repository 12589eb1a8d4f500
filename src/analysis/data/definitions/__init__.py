"""What there is: authorities, indicators, and the checks that follow from their definitions."""
