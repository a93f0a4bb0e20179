"""An HTTP server on loopback that answers bulk requests item by item, as it is told."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer


@asynccontextmanager
async def double(status_of: Callable[[int], int], whole: int = 200) -> AsyncIterator[str]:
    """Its URL. `status_of`: place in the bulk → HTTP status of the item; `whole`: status of every answer."""

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        if request.method == "HEAD":
            return web.Response()
        if request.path.endswith("/_mapping"):
            return web.json_response({})
        if whole != 200:
            return web.json_response({"error": {"type": "some_exception", "reason": "Muster^Erika"}}, status=whole)
        statuses = [status_of(place) for place in range(body.count(b"\n") // 2)]
        items = [
            {
                "update": {"status": status}
                | ({"error": {"type": "some_exception", "reason": "Muster"}} if status >= 400 else {})
            }
            for status in statuses
        ]
        return web.Response(text=json.dumps({"items": items}), content_type="application/json")

    app = web.Application(client_max_size=100_000_000)
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
