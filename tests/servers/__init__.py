"""Real servers for the tests: `up`, `down`, `kill` and `status` run them, `addresses` says where they are."""
