"""The agent beside this file as a service: POST {"prompt": …}, the body of the answer is the answer.

Its path may name a flaw of the agent. It prints its port, then reads where faultline serves from its standard input.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

sys.argv = sys.argv[:1]
sys.dont_write_bytecode = True
import agent  # noqa: E402


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        agent.FLAWS = {self.path.removeprefix("/")}
        try:
            status, text = 200, agent.answer([{"role": "user", "content": [{"text": body["prompt"]}]}])
        except agent.Failed as error:
            status, text = 502, str(error)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = sys.stdin.readline().strip()
server.serve_forever()
