"""One estimate of each claim's effect."""
