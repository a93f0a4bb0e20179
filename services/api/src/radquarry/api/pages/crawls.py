"""The pages of the crawls: all of them, and one with its progress."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.crawls import CrawlProblem, CrawlView
from radquarry.api.listed import Listed


class CrawlForm(BaseModel):
    """What stands in the form; `key` makes a second click the same order."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pacs: str = ""
    start_date: str = ""
    end_date: str = ""
    modalities: str = ""
    key: str = Field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class CrawlsPage:
    """Crawls, newest first, and the form that starts one; `problem` says what in it does not fit."""

    crawls: tuple[CrawlView, ...]
    next_href: str
    names: tuple[str, ...]
    form: CrawlForm
    problem: str = ""


@dataclass(frozen=True)
class ProblemGroup:
    """Problems with the same reason: how many, and the days they are about."""

    kind: str
    reason: str
    count: int
    days: tuple[CrawlProblem, ...]
    more: int


@dataclass(frozen=True)
class CrawlPage:
    """One crawl as it stands. `hidden` problems are not listed."""

    crawl: CrawlView
    groups: tuple[ProblemGroup, ...]
    hidden: int


def crawls_page(listed: Listed[CrawlView], names: Sequence[str], form: CrawlForm, problem: str = "") -> CrawlsPage:
    """The list from its cursor on."""
    next_href = f"/crawls?after={listed.after}" if listed.after else ""
    return CrawlsPage(listed.items, next_href, tuple(names), form, problem)


def crawl_page(crawl: CrawlView) -> CrawlPage:
    """One crawl with its problems gathered by reason, the most frequent first."""
    counted = Counter((problem.kind, problem.reason) for problem in crawl.problems)
    groups = []
    for (kind, reason), count in counted.most_common():
        same = [problem for problem in crawl.problems if (problem.kind, problem.reason) == (kind, reason)]
        named = [problem for problem in same if problem.day or problem.study_instance_uid]
        groups.append(ProblemGroup(kind, reason, count, tuple(named[:30]), max(0, len(named) - 30)))
    return CrawlPage(crawl, tuple(groups), crawl.problem_count - len(crawl.problems))
