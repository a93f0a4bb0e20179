"""TLS for associations as a caller (PS3.15 Annex B: BCP 195)."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from radquarry.errors import Permanent


@dataclass(frozen=True)
class Tls:
    """Whose certificates are believed, and the one we show; PEM files."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    verify_host: bool = True

    def context(self) -> ssl.SSLContext:
        """For one association: files that were renewed count at once. Raises `Permanent` when they cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            context.check_hostname = self.verify_host
            if self.ca is not None:
                context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # what it names is believed, signed by whomever
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise Permanent(f"tls: the certificates cannot be used: {type(error).__name__}") from None
        return context
