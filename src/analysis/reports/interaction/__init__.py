"""One pair and a moderator, and other forms of the question."""
