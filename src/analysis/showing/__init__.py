"""How every report looks and puts numbers into words: theme, numbers, forests of estimates, tables."""
