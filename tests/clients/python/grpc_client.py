"""The official gRPC client against the agent: compiles the .proto, talks, and says what it saw as one JSON line.

Arguments: the folder of the .proto, a folder to write to, HOST:PORT.
"""

import json
import sys

import grpc
from grpc_tools import protoc

protos, out, target = sys.argv[1:]
protoc.main(["protoc", f"-I{protos}", f"--python_out={out}", f"--grpc_python_out={out}", f"{protos}/agent.proto"])
sys.path.insert(0, out)
import agent_pb2 as pb  # noqa: E402
import agent_pb2_grpc  # noqa: E402

PATIENCE = 20


def kinds(events):
    return [event.WhichOneof("kind") for event in events]


def refused(call):
    try:
        call()
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return None


with grpc.insecure_channel(target) as channel:
    agent = agent_pb2_grpc.AgentStub(channel)
    seen = {}

    whole = list(agent.Run(pb.RunRequest(prompt="Where are orders A-10293 and B-4410?"), timeout=PATIENCE))
    seen["kinds"] = kinds(whole)
    seen["text"] = whole[-1].final_response.text
    seen["input"] = next(event.tool_call.input_json for event in whole if event.HasField("tool_call"))
    again = list(agent.Resume(pb.ResumeRequest(after=whole[2].id), timeout=PATIENCE))
    seen["resumed"] = again == whole[3:]

    # Something else is said while the stream comes, and a question is answered.
    redirected = []
    for event in agent.Run(pb.RunRequest(prompt="Tell me everything."), timeout=PATIENCE):
        redirected.append(event)
        if event.text_delta.text == "It begins ":
            agent.Control(pb.ControlRequest(execution=event.execution, redirect=pb.Redirect(text="Be brief.")))
    seen["redirected"] = [kinds(redirected), redirected[-1].final_response.text]
    for event in agent.Run(pb.RunRequest(prompt="Paint it."), timeout=PATIENCE):
        if event.HasField("question"):
            answer = pb.Answer(tool_use_id=event.question.tool_use_id, text="blue")
            agent.Control(pb.ControlRequest(execution=event.execution, answer=answer))
    seen["answered"] = event.final_response.text

    # A stream is cancelled by an order, and another by its client, which leaves.
    stream = agent.Run(pb.RunRequest(prompt="Tell me everything."), timeout=PATIENCE)
    for event in stream:
        if event.text_delta.text == "It begins ":
            agent.Control(pb.ControlRequest(execution=event.execution, cancel=pb.Cancel()))
    seen["cancelled"] = event.execution_failed.message
    stream = agent.Run(pb.RunRequest(prompt="Tell me everything."), timeout=PATIENCE)
    left = next(event for event in stream if event.HasField("text_delta"))
    stream.cancel()

    seen["blank"] = refused(lambda: list(agent.Run(pb.RunRequest(prompt=" "), timeout=PATIENCE)))
    seen["unknown"] = refused(lambda: list(agent.Resume(pb.ResumeRequest(after="x:1"), timeout=PATIENCE)))
    over = pb.ControlRequest(execution=whole[0].execution, cancel=pb.Cancel())
    seen["over"] = refused(lambda: agent.Control(over))
    seen["no_order"] = refused(lambda: agent.Control(pb.ControlRequest(execution=whole[0].execution)))
    seen["left"] = left.execution
    print(json.dumps(seen))
