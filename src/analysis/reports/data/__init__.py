"""The figures themselves: where they come from, where they break, what is withheld, what was mended."""
