"""What takes two people is decided by somebody else than whoever asked."""


def is_second_person(requested_by: str, decides: str) -> bool:
    """Whether both have names, which differ by more than case and space: they may be one account's two spellings."""
    one, other = requested_by.strip().casefold(), decides.strip().casefold()
    return bool(one and other) and one != other
