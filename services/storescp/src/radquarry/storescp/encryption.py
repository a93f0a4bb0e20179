"""DICOM over TLS for those who send to us (PS3.15 annex B: TLS 1.2 or newer)."""

import socket
import ssl

from radquarry.configuration.sections import NodeTls


class Encryption:
    """With a `ca`, only senders whose certificate it signed get through."""

    def __init__(self, tls: NodeTls) -> None:
        """Raises OSError, with the key to mend, when a file cannot be read or is no certificate or key."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._context.load_cert_chain(tls.certificate, tls.key)
            if tls.ca is not None:
                self._context.load_verify_locations(tls.ca)
                self._context.verify_mode = ssl.CERT_REQUIRED
        except OSError as error:
            raise OSError(error.errno, f"node.tls: {error.strerror or type(error).__name__}") from error

    def wrapped(self, transport: socket.socket) -> ssl.SSLSocket:
        """The transport after its handshake. Raises OSError; the socket is closed then."""
        return self._context.wrap_socket(transport, server_side=True)
