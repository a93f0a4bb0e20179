"""Figures for operators, in Prometheus's text format: counts and durations, no ids, nothing of a patient."""

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from sqlalchemy import func, select

from radquarry.api import bulk
from radquarry.api.delivery_tables import deliveries
from radquarry.api.tables import crawls, failures, retrievals
from radquarry.bus.port import Bus
from radquarry.errors import PeerAway
from radquarry.state.store import State

CRAWL_STATES = ("requested", "running", "complete", "incomplete", "cancelled")
RETRIEVAL_STATES = ("requested", "waiting", "running", "paused", "complete", "incomplete", "cancelled")
DELIVERY_STATES = ("requested", "waiting", "running", "complete", "incomplete", "cancelled")
BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Measures:
    """A registry of its own, so that several gateways fit into one process."""

    def __init__(self, bus: Bus, state: State) -> None:
        self._bus = bus
        self._state = state
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "radquarry_request_seconds",
            "Time from a request's arrival to the end of its answer.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._depth = self._gauge("radquarry_queue_depth", "Messages waiting, delayed or parked.", "queue")
        self._crawls = self._gauge("radquarry_crawls", "Crawls by state.", "state")
        self._retrievals = self._gauge("radquarry_retrievals", "Retrievals by state.", "state")
        self._deliveries = self._gauge("radquarry_deliveries", "Deliveries by state.", "state")
        self._failures = self._gauge("radquarry_failures", "Parked messages that wait for a person.")

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered; streams that are watched are not counted."""
        if not route.endswith("/events"):
            known = method if method in METHODS else "other"
            self._seconds.labels(known, route, f"{status // 100}xx").observe(seconds)

    async def text(self) -> bytes:
        """Everything, as it is now; figures of a peer that is away are left out."""
        self._depth.clear()
        try:
            for queue, depth in (await self._bus.depths()).items():
                self._depth.labels(queue).set(depth)
            await self._count()
        except PeerAway:
            self._crawls.clear()
            self._retrievals.clear()
            self._deliveries.clear()
        return generate_latest(self._registry)

    async def _count(self) -> None:
        tables = (
            (crawls, self._crawls, CRAWL_STATES),
            (retrievals, self._retrievals, RETRIEVAL_STATES),
            (deliveries, self._deliveries, DELIVERY_STATES),
        )
        async with self._state.reading() as connection:
            for table, gauge, states in tables:
                chosen = select(table.c.state, func.count().label("number")).group_by(table.c.state)
                chosen = chosen.where(table.c.requested_at.is_not(None))
                counted = {row.state: row.number for row in await bulk.fetch(connection, chosen)}
                for state in states:
                    gauge.labels(state).set(counted.get(state, 0))
            waiting = select(func.count()).select_from(failures).where(failures.c.state == "open")
            self._failures.set(await connection.scalar(waiting) or 0)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)
