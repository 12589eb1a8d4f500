"""What fell and what grew, what goes with it, and the grades beside it."""
