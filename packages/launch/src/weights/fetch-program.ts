// The Python program that downloads a model with the huggingface_hub of the site's own environment (0.20 and newer). It prints lines
// `fl {"event": …}`; fetch-line.ts reads them. Arguments: the model, revision or '', cache directory or '', `all` to hash every file.

/** What vLLM reads: not the same weights in other formats beside safetensors, and not pictures. */
export const fetchProgram = `
import errno, glob, hashlib, json, os, re, signal, sys, threading, time

repo, revision, cache, hashes = sys.argv[1], sys.argv[2] or None, sys.argv[3] or None, sys.argv[4]
# A download of Fairlead's is what offline mode is for.
for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
    os.environ.pop(name, None)
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

def say(event, **fields):
    print("fl " + json.dumps(dict(fields, event=event)), flush=True)

def chain(error):
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen

def fail(error, token):
    errors = chain(error)
    names = [cls.__name__ for each in errors for cls in type(each).__mro__]
    codes = [each.errno for each in errors if isinstance(each, OSError) and each.errno]
    answers = [getattr(getattr(each, "response", None), "status_code", None) for each in errors]
    say("failed", names=sorted(set(names)), message=str(error)[:1500], hasToken=bool(token),
        errno=[errno.errorcode.get(code, str(code)) for code in codes],
        status=next((each for each in answers if each), None))
    leave(1)

partials_before = set()
def leave(code):
    # Newer versions of the library never go on with a partial file of another process: it would only fill the disk.
    for path in glob.glob(os.path.join(glob.escape(blobs), "*.incomplete")) if blobs else []:
        if path not in partials_before and re.search(r"[.][0-9a-f]{8}[.]incomplete$", path):
            try:
                os.unlink(path)
            except OSError:
                pass
    os._exit(code)

blobs = None
signal.signal(signal.SIGINT, lambda *_: leave(130))
signal.signal(signal.SIGTERM, lambda *_: leave(143))

import huggingface_hub as hub
token = hub.get_token() if hasattr(hub, "get_token") else os.environ.get("HF_TOKEN")

def field(value, name):
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)

def wanted(names):
    other = (".bin", ".pt", ".pth", ".msgpack", ".h5", ".onnx", ".ot", ".tflite", ".gguf", ".safetensors")
    formats = [[n for n in names if n.endswith(end)] for end in (".safetensors", ".bin", ".pt", ".pth", ".gguf")]
    weights = next((found for found in ([n for n in each if not n.startswith(("original/", "onnx/"))] for each in formats) if found), [])
    media = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".mp4", ".mov", ".pdf")
    rest = [n for n in names if not n.lower().endswith(other + media) and not n.startswith(("original/", "onnx/"))]
    return weights, sorted(set(weights + rest))

try:
    info = hub.HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=30)
    siblings = dict((each.rfilename, each) for each in info.siblings)
    weights, names = wanted(list(siblings))
    files = []
    for name in names:
        lfs = field(siblings[name], "lfs")
        sha = field(lfs, "sha256") if lfs else None
        files.append((name, siblings[name].size or 0, sha or siblings[name].blob_id, sha))
    place = cache or hub.constants.HF_HUB_CACHE
    folder = os.path.join(place, "models--" + repo.replace("/", "--"))
    blobs = os.path.join(folder, "blobs")
    total = sum(size for _, size, _, _ in files)

    def partials():
        newest = {}
        for path in glob.glob(os.path.join(glob.escape(blobs), "*.incomplete")):
            try:
                found = os.stat(path)
            except OSError:
                continue
            blob = os.path.basename(path).split(".")[0]
            newest[blob] = max(newest.get(blob, (0, 0)), (found.st_mtime, found.st_size))
        return newest

    def present():
        try:
            whole = set(os.listdir(blobs))
        except OSError:
            whole = set()
        parts = partials()
        return sum(size if blob in whole else min(size, parts.get(blob, (0, 0))[1]) for _, size, blob, _ in files)

    partials_before.update(glob.glob(os.path.join(glob.escape(blobs), "*.incomplete")))
    for path in list(partials_before):
        # Left by a process that is gone: a download under way writes at least every few seconds.
        if re.search(r"[.][0-9a-f]{8}[.]incomplete$", path) and time.time() - os.stat(path).st_mtime > 3600:
            os.unlink(path)
    already = set(os.listdir(blobs)) if os.path.isdir(blobs) else set()
    here = present()
    say("planned", revision=info.sha, cache=place, files=len(files), totalBytes=total, presentBytes=here,
        gated=bool(getattr(info, "gated", False)))
    if not weights:
        say("failed", names=["NoWeights"], message="", errno=[], status=None, hasToken=bool(token))
        leave(1)
    os.makedirs(blobs, exist_ok=True)
    room = os.statvfs(blobs)
    free = room.f_bavail * room.f_frsize
    if free < total - here:
        say("failed", names=["NoRoom"], message=str(free), errno=["ENOSPC"], status=None, hasToken=bool(token))
        leave(1)

    over = threading.Event()
    def report():
        while not over.wait(1):
            say("progress", bytes=present())
    threading.Thread(target=report, daemon=True).start()
    # Few at a time: an interrupt costs the files that are under way.
    path = hub.snapshot_download(repo, revision=revision, cache_dir=cache, max_workers=4,
                                 allow_patterns=[glob.escape(name) for name in names])
    over.set()
    say("progress", bytes=present())

    hashed = [each for each in files if each[3] and (hashes == "all" or each[2] not in already)]
    hash_total = sum(size for _, size, _, _ in hashed)
    done = 0
    bad = []
    def wrong(name, why):
        bad.append(name)
        target = os.path.join(path, name)
        if os.path.exists(target):
            os.unlink(os.path.realpath(target))
        say("wrong", file=name, why=why)
    for name, size, blob, sha in files:
        target = os.path.join(path, name)
        if not os.path.exists(target):
            wrong(name, "it is not there")
        elif os.path.getsize(target) != size:
            wrong(name, "%d bytes instead of %d" % (os.path.getsize(target), size))
    told = 0
    for name, size, blob, sha in hashed:
        if name in bad:
            continue
        digest = hashlib.sha256()
        with open(os.path.join(path, name), "rb") as file:
            for piece in iter(lambda: file.read(4 << 20), b""):
                digest.update(piece)
                done += len(piece)
                if time.time() - told > 1:
                    told = time.time()
                    say("checking", bytes=done, totalBytes=hash_total)
        if digest.hexdigest() != sha:
            wrong(name, "its hash is another")
    if bad:
        say("failed", names=["WrongFiles"], message=", ".join(bad)[:1000], errno=[], status=None, hasToken=bool(token))
        leave(1)
    say("done", folder=path, revision=os.path.basename(path), totalBytes=total, fetchedBytes=max(0, total - here))
except Exception as error:
    fail(error, token)
leave(0)
`;
