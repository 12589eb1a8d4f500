"""Bootstraps, families of tests, and where such work is done."""
