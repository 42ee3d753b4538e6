"""A server made with the official MCP SDK, behind streamable HTTP and a bearer token. Prints its port.

Arguments: the port (0 for a free one), and `sse` or `json`: how it answers.
"""

import asyncio
import socket
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("judge")


@server.tool()
def double(n: int) -> dict[str, int]:
    """Doubles a number."""
    return {"double": 2 * n}


@server.tool()
async def shout(text: str, context: Context) -> str:
    """Shouts a text, and tells how far it is."""
    await context.report_progress(1, 2)
    return text.upper()


@server.tool()
def fail() -> str:
    """Fails."""
    raise ToolError("out of bolts")


def guarded(app):
    """Refuses requests without the token."""

    async def guard(scope, receive, send):
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != b"Bearer hush":
            await send({"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]})
            await send({"type": "http.response.body", "body": b"no token"})
            return
        await app(scope, receive, send)

    return guard


async def main(port, answers):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(port)))
    listener.listen()
    app = server.streamable_http_app(json_response=answers == "json")
    print(listener.getsockname()[1], flush=True)
    await uvicorn.Server(uvicorn.Config(guarded(app), log_level="warning")).serve(sockets=[listener])


asyncio.run(main(*sys.argv[1:]))
