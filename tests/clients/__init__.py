"""Stock clients of many languages, told all the same; see ``README.md``."""
