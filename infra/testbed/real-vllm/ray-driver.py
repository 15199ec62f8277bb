# ray-driver.py COMMAND...: what vLLM is to Ray, without GPUs. Asks the Ray at RAY_ADDRESS for a placement group with a part on each of two
# nodes, runs an actor in each, then runs COMMAND, and ends when an actor is gone, as vLLM does.
import os, signal, socket, subprocess, sys, time

import ray
from ray.util.placement_group import placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="ERROR")
group = placement_group([{"CPU": 1}, {"CPU": 1}], strategy="STRICT_SPREAD")
ray.get(group.ready(), timeout=120)


@ray.remote(num_cpus=1)
class Worker:
    def where(self):
        return socket.gethostname(), os.environ.get("VLLM_HOST_IP")


def worker(bundle):
    strategy = PlacementGroupSchedulingStrategy(placement_group=group, placement_group_bundle_index=bundle)
    return Worker.options(scheduling_strategy=strategy).remote()


workers = [worker(bundle) for bundle in range(2)]
places = sorted(ray.get([each.where.remote() for each in workers], timeout=120))
print("ray-driver: workers on", places, flush=True)
child = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
while child.poll() is None:
    try:
        ray.get([each.where.remote() for each in workers], timeout=60)
    except Exception as error:
        print("ray-driver:", type(error).__name__, flush=True)
        child.kill()
        sys.exit(1)
    time.sleep(1)
sys.exit(child.returncode)
