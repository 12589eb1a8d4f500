"""The brief on one authority: where it stands, what changed, what its inspectors said, beside England and its neighbours."""
