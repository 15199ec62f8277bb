// A Python script that ends with code 0 when a Ray has all its nodes and their GPUs.

/**
 * Arguments: nodes, GPUs of each, seconds. It asks the Ray at RAY_ADDRESS. Ray itself would print warnings while nothing listens there
 * yet. https://docs.ray.io/en/latest/ray-core/api/doc/ray.nodes.html
 */
export const awaitNodesScript = `
import os, socket, sys, time

nodes, gpus, limit = (int(word) for word in sys.argv[1:])
host, _, port = os.environ["RAY_ADDRESS"].rpartition(":")
until = time.monotonic() + limit
said = None

def say(text):
    global said
    if text != said:
        print(text, flush=True)
    said = text

def listens():
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
        return True
    except OSError:
        return False

def late():
    return time.monotonic() > until

while not listens():
    if late():
        sys.exit("Ray: its first node did not listen within %d s" % limit)
    time.sleep(0.2)

import ray

ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="ERROR")
while True:
    alive = [node for node in ray.nodes() if node["Alive"]]
    whole = [node for node in alive if node["Resources"].get("GPU", 0) >= gpus]
    if len(whole) >= nodes:
        say("Ray: all nodes are there (%d, each with %d GPUs)" % (nodes, gpus))
        break
    counts = ", ".join("%s (%d GPUs)" % (node["NodeManagerAddress"], node["Resources"].get("GPU", 0)) for node in alive)
    say("Ray: waits for %d nodes with %d GPUs each; there are %s" % (nodes, gpus, counts or "none"))
    if late():
        sys.exit("Ray: the nodes did not come within %d s: wanted %d with %d GPUs each, got %s" % (limit, nodes, gpus, counts or "none"))
    time.sleep(0.2)
ray.shutdown()
`;
