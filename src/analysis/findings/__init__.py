"""The one shape of a recorded result, which claims, tables and figures read."""
