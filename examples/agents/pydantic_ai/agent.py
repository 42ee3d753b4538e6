"""A pydantic-ai agent on Bedrock, streamed to its end. Prompts come on standard input, a line each."""

import asyncio
import os
import sys
import traceback

from pydantic_ai import Agent, AgentRunResultEvent
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


async def answer(prompt: str, history: list) -> list:
    """Prints the answer, and gives the history with it."""
    # Not `run_stream`: it takes the first text for the answer and runs no tools after it, as its documentation says.
    async with agent.run_stream_events(prompt, message_history=history) as events:
        async for event in events:
            if isinstance(event, AgentRunResultEvent):
                print(event.result.output)
                history = event.result.all_messages()
    return history


async def main() -> int:
    history, status = [], 0
    for prompt in sys.stdin.read().splitlines():
        try:
            history = await answer(prompt, history)
        except Exception as error:
            traceback.print_exc()
            print(vars(error), vars(error.__cause__ or error), file=sys.stderr)
            status = 1
    return status


sys.exit(asyncio.run(main()))
