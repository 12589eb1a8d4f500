"""One shape of a recorded result, and the results that runs have recorded."""
