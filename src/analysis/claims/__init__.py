"""The register of claims: what each says, the tests that bear on it, and the rule that turns results into a verdict."""
