"""How the coder was trained: labels, teachers, fitting and measuring; not shipped in the package."""
