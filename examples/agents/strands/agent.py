"""A strands-agents agent with two tools, streamed. Prompts come on standard input, a line each."""

import os
import sys
import traceback

from strands import Agent, tool
from strands.models import BedrockModel


@tool
def lookup_parcel(parcel_id: str) -> str:
    """Where a parcel is, by the number on it.

    Args:
        parcel_id: The number on the parcel.
    """
    return f"Parcel {parcel_id} is in the depot."


@tool
def convert_length(metres: float) -> str:
    """Converts a length in metres to feet.

    Args:
        metres: The length in metres.
    """
    return f"{metres * 3.28084:.2f} feet"


model = BedrockModel(model_id=os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0"))
agent = Agent(model=model, tools=[lookup_parcel, convert_length], callback_handler=None)
status = 0
for prompt in sys.stdin.read().splitlines():
    try:
        print(agent(prompt))
    except Exception as error:
        traceback.print_exc()
        print(vars(error), vars(error.__cause__ or error), file=sys.stderr)
        status = 1
sys.exit(status)
