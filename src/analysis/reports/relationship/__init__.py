"""One exposure and one outcome."""
