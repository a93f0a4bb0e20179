"""Lists that people have (CSV, Excel, a paste) become rows to look up."""
