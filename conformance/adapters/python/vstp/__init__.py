"""VSTP version 1 for Python: frames, TCP and UDP, both ends of each, over asyncio.

    server = await TcpServer.serve(echo, "127.0.0.1", 9000)
    client = await TcpClient.connect("127.0.0.1", 9000)
    await client.send(Message(((b"test", b"value"),), b"Hello"))
    print(await client.receive())
    await client.close()
"""

from .echo import echo
from .errors import Incomplete, Kind, VstpError
from .frame import Flags, Frame, Type
from .message import Address, Message
from .tcp import TcpClient, TcpServer
from .timing import Timers
from .udp import UdpClient, UdpServer

__version__ = "1.0.0"
__all__ = [
    "Address",
    "Flags",
    "Frame",
    "Incomplete",
    "Kind",
    "Message",
    "TcpClient",
    "TcpServer",
    "Timers",
    "Type",
    "UdpClient",
    "UdpServer",
    "VstpError",
    "echo",
]
