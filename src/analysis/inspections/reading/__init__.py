"""PDF to judgements, dates and sentences."""
