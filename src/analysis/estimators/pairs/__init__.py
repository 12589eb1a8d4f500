"""One exposure and one outcome, asked in every way that this project asks it."""
