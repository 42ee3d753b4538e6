"""A pydantic-ai agent on Bedrock, streamed. Prompts come on standard input, a line each."""

import asyncio
import os
import sys

from pydantic_ai import Agent
from pydantic_ai.models.bedrock import BedrockConverseModel

model = BedrockConverseModel(os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0"))
agent = Agent(model)


@agent.tool_plain
def lookup_parcel(parcel_id: str) -> str:
    """Where a parcel is, by the number on it."""
    return f"Parcel {parcel_id} is in the depot."


@agent.tool_plain
def convert_length(metres: float) -> str:
    """Converts a length in metres to feet."""
    return f"{metres * 3.28084:.2f} feet"


async def main() -> None:
    history = []
    for prompt in sys.stdin.read().splitlines():
        async with agent.run_stream(prompt, message_history=history) as answer:
            print(await answer.get_output())
            history = answer.all_messages()


asyncio.run(main())
