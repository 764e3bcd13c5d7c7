"""Moto on the loopback, one request at a time: its threaded server is not atomic."""

import logging

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(f"port {server.server_port}", flush=True)
server.serve_forever()
