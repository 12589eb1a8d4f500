"""How often the rule gives each verdict when the truth is known."""
