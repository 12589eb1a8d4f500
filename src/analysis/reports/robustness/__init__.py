"""One pair under a referee's questions."""
