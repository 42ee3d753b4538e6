"""A strands-agents agent with two tools. Prompts come on standard input, a line each; answers go to standard output."""

import os
import sys

from strands import Agent, tool
from strands.models import BedrockModel


@tool
def lookup_parcel(parcel_id: str) -> str:
    """Where a parcel is.

    Args:
        parcel_id: The number on the parcel.
    """
    return f"Parcel {parcel_id} is in the depot."


@tool
def convert_length(metres: float) -> str:
    """Converts a length to feet.

    Args:
        metres: The length in metres.
    """
    return f"{metres * 3.28084:.2f} feet"


model = BedrockModel(model_id=os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0"))
agent = Agent(model=model, tools=[lookup_parcel, convert_length], callback_handler=None)
for prompt in sys.stdin.read().splitlines():
    print(agent(prompt))
