"""Who may come in, from where, and what every answer carries."""
