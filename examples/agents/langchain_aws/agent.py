"""ChatBedrockConverse of langchain-aws in a tool loop. Prompts come on standard input, a line each."""

import os
import sys

from langchain_aws import ChatBedrockConverse
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool


@tool
def lookup_parcel(parcel_id: str) -> str:
    """Where a parcel is, by the number on it."""
    return f"Parcel {parcel_id} is in the depot."


@tool
def convert_length(metres: float) -> str:
    """Converts a length in metres to feet."""
    return f"{metres * 3.28084:.2f} feet"


def stream(model, messages):
    """One answer of the model, its chunks added up as the documentation shows."""
    whole = None
    for chunk in model.stream(messages):
        whole = chunk if whole is None else whole + chunk
    return whole


tools = {each.name: each for each in (lookup_parcel, convert_length)}
model = ChatBedrockConverse(
    model=os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0")
).bind_tools(list(tools.values()))
messages = []
for prompt in sys.stdin.read().splitlines():
    messages.append(HumanMessage(prompt))
    for _ in range(10):
        answer = stream(model, messages)
        messages.append(answer)
        if not answer.tool_calls:
            break
        for call in answer.tool_calls:
            known = tools.get(call["name"])
            result = known.invoke(call["args"]) if known else f"there is no tool {call['name']}"
            messages.append(ToolMessage(str(result), tool_call_id=call["id"]))
    print(answer.text if isinstance(answer.text, str) else answer.text())
