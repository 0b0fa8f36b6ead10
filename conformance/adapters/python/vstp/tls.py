"""TLS 1.3 under a TCP connection: section 12 of the specification.

asyncio's own TLS cannot end one direction and keep the other, which a connection needs whose peer has said all it
has to say and still waits for answers [TCP-11]. So TLS is a layer here, between a socket's transport and the protocol
above it, which takes the layer for its transport.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Callable


def server_context(certificate: str, key: str, client_ca: str | None = None) -> ssl.SSLContext:
    """The settings of a listener. With `client_ca`, a client has to show a certificate of that root [TLS-2] [TLS-3]."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


def client_context(ca: str | None = None) -> ssl.SSLContext:
    """The settings of a client, which trusts the roots in the file `ca`, or those of the system [TLS-6]."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class TlsLayer(asyncio.Protocol):
    """Protocol to the socket's transport, transport to the protocol above, which learns of the connection when the
    handshake is complete. `ready` is then done, or has the reason why it never will be."""

    def __init__(
        self,
        above: asyncio.Protocol,
        context: ssl.SSLContext,
        timeout: float,
        host: str | None = None,
        ready: asyncio.Future[None] | None = None,
    ):
        self._above = above
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=host is None, server_hostname=host)
        self._timeout = timeout
        self._ready = ready
        self._open = False
        self._input_over = False
        self._output_over = False

    # --- towards the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._below: asyncio.Transport = transport  # type: ignore[assignment]
        self._deadline = asyncio.get_running_loop().call_later(self._timeout, self._give_up, TimeoutError("handshake"))
        self._step()

    def data_received(self, data: bytes) -> None:
        if not self._input_over:
            self._incoming.write(data)
            self._step()

    def eof_received(self) -> bool:
        if not self._open:
            self._give_up(ConnectionError("the stream ended within the handshake"))
        elif not self._input_over:
            self._input_over = True
            self._above.eof_received()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._deadline.cancel()
        if self._open:
            self._above.connection_lost(error)
        else:
            self._settle(error or ConnectionError("the connection was closed within the handshake"))

    def pause_writing(self) -> None:
        if self._open:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        if self._open:
            self._above.resume_writing()

    def _step(self) -> None:
        """Goes as far as the octets that are there allow."""
        try:
            if not self._open:
                self._tls.do_handshake()
                self._open = True
                self._deadline.cancel()
                self._settle(None)
                self._above.connection_made(self)  # type: ignore[arg-type]
            self._flush()
            while not self._input_over:
                data = self._tls.read(65_536)
                if data:
                    self._above.data_received(data)
                else:
                    self._close_notified()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLZeroReturnError:
            self._close_notified()
        except ssl.SSLError as error:
            self._flush()  # the alert
            self._give_up(error)

    def _close_notified(self) -> None:
        """The peer's close_notify ends its direction as a FIN does."""
        self._input_over = True
        self._above.eof_received()

    def _give_up(self, error: Exception) -> None:
        self._input_over = True
        self._settle(error)
        self._below.close()

    def _settle(self, error: Exception | None) -> None:
        if self._ready is not None and not self._ready.done():
            if error is None:
                self._ready.set_result(None)
            else:
                self._ready.set_exception(error)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._below.write(self._outgoing.read())

    # --- towards the protocol above

    def write(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def write_eof(self) -> None:
        """Sends close_notify. What still comes in is read no more than a socket's input that nobody wants."""
        if self._output_over:
            return
        self._output_over = True
        try:
            self._tls.unwrap()
        except ssl.SSLError:  # the peer's close_notify is not there yet, or never will be
            pass
        self._flush()
        self._below.write_eof()

    def close(self) -> None:
        self._below.close()

    def abort(self) -> None:
        self._below.abort()

    def pause_reading(self) -> None:
        self._below.pause_reading()

    def resume_reading(self) -> None:
        self._below.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._below.get_write_buffer_size()

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._below.get_extra_info(name, default)


def layered(
    make: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None, timeout: float
) -> Callable[[], asyncio.Protocol]:
    """A factory of protocols for a listener, with TLS where there is a context."""
    if context is None:
        return make
    return lambda: TlsLayer(make(), context, timeout)
