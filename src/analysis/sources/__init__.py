"""Official files, one module a publication: each turns files as released into figures."""
