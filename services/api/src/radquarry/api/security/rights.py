"""Who may do what: everybody who is let in may read and order, administrators also touch a PACS's traffic.

Urgent retrievals come before everybody's others, so that they are the administrators', too.
"""

from collections.abc import Collection
from datetime import timedelta

from radquarry.api.audit import audit
from radquarry.api.problems import Problem
from radquarry.configuration.sections import USUAL_DAYS, Authentication


class Rights:
    """`administrators` are user names; with none named, everybody is one.

    `decide_within` is how long a question who is behind a pseudonym waits for one of them.
    """

    def __init__(
        self, administrators: Collection[str] = (), decide_within: timedelta = timedelta(days=USUAL_DAYS)
    ) -> None:
        self._administrators = frozenset(administrators)
        self.decide_within = decide_within

    @classmethod
    def of(cls, authentication: Authentication | None) -> "Rights":
        """As configured; where nobody has to sign in, everybody may do everything."""
        if authentication is None:
            return cls()
        return cls(authentication.administrators, timedelta(days=authentication.decision_days))

    def administers(self, user: str) -> bool:
        """Whether `user` may change a PACS's load, stop, start and probe it, and order what is urgent."""
        return not self._administrators or user in self._administrators

    def check(self, user: str, action: str, pacs: str) -> None:
        """Raises the problem to answer with where `user` may not; that it was tried is written down."""
        if self.administers(user):
            return
        audit(f"{action} refused", user, pacs=pacs)
        detail = "Only administrators may do this; api.authentication.administrators names them."
        raise Problem(403, "not-an-administrator", "Not for you", detail)

    def check_urgent(self, user: str, priority: int) -> None:
        """Raises the problem to answer with where `user` may not have a retrieval before everybody else's."""
        if priority <= 0 or self.administers(user):
            return
        audit("retrieval.requested refused", user, priority=priority)
        detail = (
            "A priority above 0 is urgent, and only administrators may order that; "
            "api.authentication.administrators names them. Leave the priority out, or make it 0 or less."
        )
        raise Problem(403, "not-an-administrator", "Not for you", detail)
