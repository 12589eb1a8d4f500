"""The workforce of one authority beside all others."""
