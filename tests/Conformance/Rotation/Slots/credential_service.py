"""A credential service as docs/rotation.md describes it, written from that page alone: arguments certificate, key; prints its port."""
import base64, itertools, json, secrets, ssl, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADMINISTRATOR = ("admin", "Administrator-password:0")
PRINCIPAL = "/v1/principals/orders%20eu/credentials"
MAX = 2

keys = {"key-0": {"value": "First-value-0", "label": None, "active": True}}
numbers = itertools.count(1)


class Service(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def shown(self):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        name, _, password = base64.b64decode(value).decode().partition(":")
        return (name, password) if scheme == "Basic" else None

    def reply(self, status, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def key(self):
        """The key that the address names; answers when the administrator, or the key, is missing."""
        if self.shown() != ADMINISTRATOR:
            return self.reply(401)
        key_id = self.path.removeprefix(PRINCIPAL + "/")
        return (key_id, keys[key_id]) if key_id in keys else self.reply(404)

    def do_GET(self):
        if self.path == "/v1/self":
            name, value = self.shown() or ("", "")
            key = keys.get(name)
            return self.reply(204 if key and key["active"] and key["value"] == value else 401)
        if self.shown() != ADMINISTRATOR:
            return self.reply(401)
        if self.path != PRINCIPAL:
            return self.reply(404)
        rows = [{"id": key_id, "label": key["label"], "active": key["active"]} for key_id, key in keys.items()]
        self.reply(200, {"max": MAX, "credentials": rows})

    def do_POST(self):
        label = self.body()["label"]
        if self.shown() != ADMINISTRATOR:
            return self.reply(401)
        if self.path != PRINCIPAL:
            return self.reply(404)
        if len(keys) >= MAX:
            return self.reply(409)
        key_id = f"key-{next(numbers)}"
        keys[key_id] = {"value": secrets.token_urlsafe(24), "label": label, "active": True}
        self.reply(201, {"id": key_id, "value": keys[key_id]["value"]})

    def do_PATCH(self):
        active = self.body()["active"]
        if found := self.key():
            found[1]["active"] = active
            self.reply(204)

    def do_DELETE(self):
        if found := self.key():
            del keys[found[0]]
            self.reply(204)


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
