"""REST, under `/api/v1`, and the operators' paths outside it."""
