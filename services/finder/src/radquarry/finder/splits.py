"""What became of a part that was asked for in pieces, by the values of one key."""

from dataclasses import dataclass, field

from radquarry.finder.page import Page
from radquarry.finder.parts import Part


@dataclass
class Split:
    """`full`: the pieces that stayed full. `seen`: the UIDs of all pieces. `is_ignored`: the key does nothing."""

    full: list[tuple[Part, Page]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    is_ignored: bool = False

    def saw(self, page: Page) -> None:
        """A piece was answered."""
        self.seen |= {study.study_instance_uid for study in page.studies}

    def give_up(self) -> None:
        """The PACS gives what was not asked for: nothing of this counts."""
        self.full, self.seen, self.is_ignored = [], set(), True
