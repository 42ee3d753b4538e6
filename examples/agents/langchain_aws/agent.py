"""ChatBedrockConverse of langchain-aws in LangChain's agent, streamed. Prompts come on standard input, a line each."""

import os
import sys
import traceback

from langchain.agents import create_agent
from langchain_aws import ChatBedrockConverse
from langgraph.checkpoint.memory import InMemorySaver


def lookup_parcel(parcel_id: str) -> str:
    """Where a parcel is, by the number on it."""
    return f"Parcel {parcel_id} is in the depot."


def convert_length(metres: float) -> str:
    """Converts a length in metres to feet."""
    return f"{metres * 3.28084:.2f} feet"


model = ChatBedrockConverse(model=os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0"))
agent = create_agent(model, tools=[lookup_parcel, convert_length], checkpointer=InMemorySaver())
thread = {"configurable": {"thread_id": "1"}}


def answer(prompt: str) -> str:
    """The text of the last message; "messages" makes the model stream, "values" is all messages after each step."""
    asked = {"messages": [{"role": "user", "content": prompt}]}
    for mode, chunk in agent.stream(asked, thread, stream_mode=["messages", "values"]):
        if mode == "values":
            last = chunk["messages"][-1]
    return last.text


status = 0
for prompt in sys.stdin.read().splitlines():
    try:
        print(answer(prompt))
    except Exception as error:
        traceback.print_exc()
        print(vars(error), vars(error.__cause__ or error), file=sys.stderr)
        status = 1
sys.exit(status)
