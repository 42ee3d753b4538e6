"""Arize Phoenix on loopback alone. Its settings are in the environment, see the test.

Phoenix binds its port for gRPC on all interfaces whatever PHOENIX_HOST says; here it may not.
"""

import sys

import grpc.aio

add = grpc.aio.Server.add_insecure_port
grpc.aio.Server.add_insecure_port = lambda self, address: add(self, "127.0.0.1:" + address.rsplit(":", 1)[1])

from phoenix.server.main import main

sys.argv = ["phoenix", "serve"]
main()
