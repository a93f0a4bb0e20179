"""What one sender may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Times in seconds, lengths in bytes."""

    pdu: int = 1024 * 1024
    """The longest PDU that is read; senders are told `offered_pdu`, and a few send more."""
    offered_pdu: int = 131072
    command: int = 64 * 1024
    idle: float = 120
    """Without a single byte."""
    negotiation: float = 30
    """From the connection to the end of the A-ASSOCIATE-RQ, TLS included."""
    message: float = 3600
    """From the first to the last byte of a C-STORE: whoever drips a byte a minute is not idle."""
    drain: float = 10
    """What is in work when the process is told to stop."""
    linger: float = 2
    """How long a sender may take to close its side after our last word."""
