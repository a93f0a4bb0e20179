"""What keeps images from coming, in words for people who know neither DICOM's states nor the parts of radquarry.

The mover tells it exactly; that stays beside it, for those who see to the PACS.
"""

import re

_KINDS = (
    ("not_come", r"\d+ of \d+ instances have not come"),
    ("not_online", r"the images are not online"),
    ("not_there", r"the PACS does not hold this study"),
    ("unknown_receiver", r"the PACS does not know where to send to"),
    ("busy", r"the PACS is short of resources"),
)
_GIVEN_UP = r"(?:given up after \d+ times: |given up .*?; before: )*"


def kind_of_problem(problem: str) -> str:
    """The name of its kind in the wording (`problem.…`), or an empty one where its own words are all there is."""
    return next((kind for kind, begin in _KINDS if re.match(_GIVEN_UP + begin, problem)), "")


def without_numbers(problem: str) -> str:
    """The same for all studies that lack images for the same reason, however many of them."""
    return re.sub(r"\d+", "#", problem)
