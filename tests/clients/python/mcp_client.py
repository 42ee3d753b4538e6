"""The official MCP client: lists the tools of a server and calls some. One JSON line says what it saw.

Arguments: a URL, or a command line; then the calls as JSON: [[name, input], ...].
"""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

PATIENCE = 5


async def use(read, write, calls):
    async with ClientSession(read, write) as session:
        await session.initialize()
        seen = {"tools": [tool.name for tool in (await session.list_tools()).tools], "calls": []}
        for name, given in calls:
            seen["calls"].append(await call(session, name, given))
        print(json.dumps(seen))


async def call(session, name, given):
    try:
        result = await asyncio.wait_for(session.call_tool(name, given), PATIENCE)
    except Exception as error:
        return type(error).__name__
    return [result.is_error, [getattr(block, "text", block.type) for block in result.content]]


async def main(where, calls):
    if where[0].startswith("http"):
        async with streamable_http_client(where[0]) as streams:
            await use(streams[0], streams[1], calls)
    else:
        async with stdio_client(StdioServerParameters(command=where[0], args=where[1:])) as (read, write):
            await use(read, write, calls)


asyncio.run(main(sys.argv[1:-1], json.loads(sys.argv[-1])))
