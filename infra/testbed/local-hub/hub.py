#!/usr/bin/env python3
"""hub.py PORT LOG: a model hub on 127.0.0.1 with the few routes that huggingface_hub asks (HF_ENDPOINT names it).

org/tiny   three small shards of random weights with their index, config and tokenizer, and a picture
org/slow   the same, and the last shard comes at 64 KB a second until the file LOG.fast is there
org/gated  asks for the token `good`; the token `unlicensed` is known and has not accepted the licence
Every request is a line in LOG: method, path, status, bytes sent.
"""
import hashlib, http.server, json, os, random, re, sys, time

port, log = int(sys.argv[1]), sys.argv[2]
commit = "c0ffee" + "0" * 34


def model():
    make = random.Random(7)
    names = ["model-%05d-of-00003.safetensors" % n for n in (1, 2, 3)]
    files = {name: make.randbytes(600_000) for name in names}
    files["model.safetensors.index.json"] = json.dumps({"weight_map": {"layer.%d" % n: name for n, name in enumerate(names)}}).encode()
    files["config.json"] = b'{"model_type": "llama"}'
    files["tokenizer.json"] = b"{}"
    files["picture.png"] = b"no picture"
    files["pytorch_model.bin"] = b"the same weights in another format"
    return files


files = model()
sha256 = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
sha1 = {name: hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() for name, data in files.items()}
models = ["org/tiny", "org/slow", "org/gated"]


def is_lfs(name):
    return name.endswith((".safetensors", ".bin"))


def described(name):
    lfs = {"oid": sha256[name], "sha256": sha256[name], "size": len(files[name]), "pointerSize": 130}
    return {"size": len(files[name]), **({"lfs": lfs} if is_lfs(name) else {})}


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path = self.path.split("?")[0]
        found = re.fullmatch(r"/(?:api/models/)?([^/]+/[^/]+?)(?:/(revision|tree|resolve)/([^/]+)(?:/(.*))?)?", path)
        repo, kind, revision, name = found.groups() if found else (None,) * 4
        token = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        if repo not in models:
            return self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        if kind and revision not in ("main", commit):
            return self.refuse(404, "RevisionNotFound", "Invalid rev id")
        if kind == "resolve":
            if repo == "org/gated" and token != "good":
                return self.refuse(403 if token else 401, "GatedRepo", "Access to model org/gated is restricted")
            return self.file(repo, name) if name in files else self.refuse(404, "EntryNotFound", "Entry not found")
        if kind == "tree":
            return self.json([{"type": "file", "path": each, "oid": sha1[each], **described(each)} for each in files])
        siblings = [{"rfilename": each, "blobId": sha1[each], **described(each)} for each in files]
        gated = "manual" if repo == "org/gated" else False
        self.json({"id": repo, "modelId": repo, "sha": commit, "private": False, "gated": gated, "tags": [], "siblings": siblings})

    def json(self, value):
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def refuse(self, status, code, words):
        self.send(status, json.dumps({"error": words}).encode(), {"X-Error-Code": code, "X-Error-Message": words, "Content-Type": "application/json"})

    def file(self, repo, name):
        data, etag = files[name], sha256[name] if is_lfs(name) else sha1[name]
        heads = {"ETag": '"%s"' % etag, "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if is_lfs(name):
            heads.update({"X-Linked-Etag": '"%s"' % etag, "X-Linked-Size": str(len(data))})
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range") or "")
        first = int(asked[1]) if asked else 0
        last = int(asked[2]) + 1 if asked and asked[2] else len(data)
        if asked:
            heads["Content-Range"] = "bytes %d-%d/%d" % (first, last - 1, len(data))
        slow = repo == "org/slow" and name.startswith("model-00003")
        self.send(206 if asked else 200, data[first:last], heads, slow)

    def send(self, status, body, heads, slow=False):
        self.send_response(status)
        for head, value in heads.items():
            self.send_header(head, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = 0
        try:
            while self.command == "GET" and sent < len(body):
                piece = body[sent:sent + (16_384 if slow else len(body))]
                self.wfile.write(piece)
                sent += len(piece)
                if slow and not os.path.exists(log + ".fast"):
                    time.sleep(0.25)
        except ConnectionError:
            self.close_connection = True
        finally:
            with open(log, "a") as file:
                file.write("%s %s %d %d\n" % (self.command, self.path, status, sent))

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer.daemon_threads = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Hub)
print("listening", flush=True)
server.serve_forever()
