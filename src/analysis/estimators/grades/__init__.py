"""Models of inspection grades: multilevel, crossed, within and between."""
