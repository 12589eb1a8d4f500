"""Event studies where events come in different years, their bounds and their randomisation."""
