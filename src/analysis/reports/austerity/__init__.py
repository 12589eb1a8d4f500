"""What was cut and what grew, what goes with it, and the grades beside the cuts."""
