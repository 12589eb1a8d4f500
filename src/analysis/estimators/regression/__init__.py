"""Panel regression: specification, rows, estimate, inference."""
