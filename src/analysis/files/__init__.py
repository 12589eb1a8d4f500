"""Files that people edit, read strictly; files that are never half written."""
