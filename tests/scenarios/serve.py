"""A server of a user's own: as much of OpenAI's API as an engine needs, from Python's standard library alone.

usage: serve.py (--port PORT | --socket PATH) --model NAME      The key, if any, is in SERVE_API_KEY.
"""

import argparse
import http.server
import json
import os
import socketserver


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_known(self):
        if KEY is None or self.headers["authorization"] == f"Bearer {KEY}":
            return True
        self.answer(401, {"error": {"message": "wrong key"}})
        return False

    def do_GET(self):
        if not self.is_known():
            return
        if self.path == "/v1/models":
            self.answer(200, {"object": "list", "data": [{"id": ARGS.model, "object": "model"}]})
        elif self.path == "/up":
            self.answer(200, {})
        else:
            self.answer(404, {"error": {"message": "no such path"}})

    def do_POST(self):
        if not self.is_known():
            return
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            self.answer(404, {"error": {"message": "no such path"}})
            return
        words = asked["messages"][-1]["content"]
        message = {"role": "assistant", "content": f"You said: {words}"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self.answer(200, {"object": "chat.completion", "model": ARGS.model, "choices": [choice]})

    def address_string(self):
        return "client"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--socket")
parser.add_argument("--model", required=True)
ARGS = parser.parse_args()
KEY = os.environ.get("SERVE_API_KEY")
if ARGS.socket:
    server = UnixServer(ARGS.socket, Handler)
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", ARGS.port), Handler)
print("serving", flush=True)
server.serve_forever()
