"""python3 -m vstp serve | adapter"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import stat
import sys
import threading

from . import adapter
from .echo import echo
from .errors import VstpError
from .tcp import TcpServer
from .timing import Timers
from .tls import server_context
from .udp import UdpServer


def address(text: str) -> tuple[str, int]:
    """host:port, an IPv6 host in brackets."""
    try:
        return adapter.parse_address(text)
    except VstpError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def time_scale(text: str) -> Timers:
    try:
        return Timers().scaled(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main() -> None:
    parser = argparse.ArgumentParser(prog="vstp", description="VSTP version 1 for tests")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the echo application until standard input, a pipe, is closed")
    for name in ("tcp", "udp", "tls", "tls-verify"):
        serve.add_argument(f"--{name}", type=address, metavar="HOST:PORT")
    serve.add_argument("--cert", metavar="FILE", help="certificate chain for the TLS listeners, PEM")
    serve.add_argument("--key", metavar="FILE", help="its key, PEM")
    serve.add_argument("--client-ca", metavar="FILE", help="root that --tls-verify trusts for its clients, PEM")
    serve.add_argument("--time-scale", type=time_scale, default=Timers(), dest="timers", metavar="FACTOR")
    serve.add_argument("-v", "--verbose", action="store_true", help="log everything that happens")
    commands.add_parser("adapter", help="take the requests of the adapter protocol on standard input")
    options = parser.parse_args()
    if options.command == "adapter":
        asyncio.run(adapter.run())
        return
    if not (options.tcp or options.udp or options.tls or options.tls_verify):
        parser.error("nothing to serve: give --tcp, --udp, --tls or --tls-verify")
    if (options.tls or options.tls_verify) and not (options.cert and options.key):
        parser.error("TLS needs --cert and --key")
    if options.tls_verify and not options.client_ca:
        parser.error("--tls-verify needs --client-ca")
    if options.verbose:
        logging.basicConfig(level=logging.DEBUG)
    try:
        asyncio.run(run_server(options))
    except (OSError, VstpError) as error:
        sys.exit(f"vstp: {error}")


async def run_server(options: argparse.Namespace) -> None:
    """Listens, says where, and ends with the standard input or a signal."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    if stat.S_ISFIFO(os.fstat(0).st_mode) or stat.S_ISSOCK(os.fstat(0).st_mode):
        threading.Thread(target=lambda: (wait_for_end(), loop.call_soon_threadsafe(over.set)), daemon=True).start()
    ready: dict[str, object] = {"ready": True}
    servers: list[TcpServer | UdpServer] = []
    plans = {"tcp": None, "tls": None, "tls_verify": options.client_ca}
    for name, ca in plans.items():
        where = getattr(options, name)
        if where is not None:
            tls = None if name == "tcp" else server_context(options.cert, options.key, ca)
            servers.append(await TcpServer.serve(echo, *where, tls=tls, timers=options.timers))
            ready[name.replace("_", "-")] = adapter.format_address(servers[-1].address)
    if options.udp is not None:
        servers.append(await UdpServer.serve(echo, *options.udp, timers=options.timers))
        ready["udp"] = adapter.format_address(servers[-1].address)
    print(json.dumps(ready), flush=True)
    await over.wait()
    for server in servers:
        server.close()


def wait_for_end() -> None:
    while os.read(0, 4096):
        pass


if __name__ == "__main__":
    main()
