"""Commands that do one piece of work against a PACS and end, without a server and a bus."""
