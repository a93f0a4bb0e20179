"""Configuration and query files of other tools, taken as people have them."""
