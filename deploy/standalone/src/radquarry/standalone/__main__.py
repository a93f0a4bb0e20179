"""`python -m radquarry.standalone` is the `radquarry` command."""

from radquarry.standalone.commands import app

app()
