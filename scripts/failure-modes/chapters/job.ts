import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

const fitArguments = 'packages/engines/src/vllm/build/fit-arguments.test.ts';
const nodes = 'apps/node-agent/src/nodes';
const sdk = (name: string) => `packages/client/src/${name}.test.ts`;

export const jobChapter: FailureChapter = {
  title: 'The job',
  modes: [
    mode('agent killed -9', 'lost when its lease ends, and how the job ended', [
      scenario('job/faults'),
      'agent killed',
    ]),
    mode(
      "agent's upload cut in the middle, hash mismatch",
      'nothing half-done stays; the next time goes through',
      [
        scenario('files/cluster-files'),
        'that is cut in the middle is reported, leaves no part of a file, and succeeds the next time',
      ],
      [scenario('files/cluster-files'), 'that %s spoils is reported with the cause, and leaves no part of a file'],
    ),
    mode('disk or quota full on the cluster, `noexec` directory', 'the directory, and what to change', [
      scenario('files/cluster-files'),
      'to a full disk, or to a file system that allows no programs, is reported with the directory and the cure',
    ]),
    mode(
      'over several nodes: the part of one ends, with code 0 too',
      'the node and its last lines; all parts start again',
      [
        scenario('nodes/two-nodes'),
        'is started again when the part of one node ends with code 0, and status names the node',
      ],
    ),
    mode(
      'over several nodes: a copy of the model ends, with code 0 and without a word',
      'the node at once; the engine starts again on all nodes',
      [
        'apps/node-agent/src/nodes/several-nodes.test.ts',
        'run a copy of the model on each node, name the one that has ended, and leave nothing behind',
      ],
    ),
    mode('over several nodes: two parts fail in the same moment', 'the one whose log has a cause of its own', [
      `${nodes}/leader/spread-engine.test.ts`,
      "the cause that the log of this node's part has is told, not that another node lost it",
    ]),
    mode(
      'over several nodes: gloo or NCCL has no way to another node',
      'the interfaces of the nodes, and the setting that names one',
      [
        'packages/engines/src/judge/known-node-failures.test.ts',
        'a failure between nodes names the interfaces of both, and the line of the configuration to set',
      ],
    ),
    mode('over several nodes: the agent of one is killed', 'the node, as the cause of the end; no process is left', [
      scenario('nodes/two-nodes'),
      'ends with the name of a node whose agent is killed',
    ]),
    mode('over several nodes: the network between them is cut', 'the node within 15 s; then the end of the job', [
      scenario('nodes/two-nodes'),
      'ends with the name of a node that the network is cut off from, within 15 s known',
    ]),
    mode('over several nodes: one freezes and comes back', 'the node within 15 s; the engine starts again', [
      'apps/node-agent/src/nodes/several-nodes.test.ts',
      'name a node that is frozen within 15 s, and serve again when it comes back',
    ]),
    mode(
      'over several nodes: one no longer hears the leader, which still hears it',
      'the node within 15 s, as when nothing gets through',
      [
        `${nodes}/leader/node-links.test.ts`,
        'a node that no longer hears the leader is lost within 15 s, although the leader could still hear it',
      ],
    ),
    mode('over several nodes: the agent of one cannot start', 'the node, and what its agent said last', [
      `${nodes}/leader/missing-nodes.test.ts`,
      'the node whose agent ended before it joined is named, with what its agent said last',
    ]),
    mode(
      'over several nodes: strangers hold connections to the leader open',
      'nothing: they are dropped, the oldest first',
      [
        `${nodes}/link/node-channel.test.ts`,
        'strangers that only hold connections open do not keep an agent out, and are dropped, the oldest first',
      ],
    ),
    mode('over several nodes: `scancel` where Slurm has no cgroups', 'nothing is left on any node', [
      scenario('nodes/tracking'),
      'with ProctrackType %s a plain scancel, and an agent that is killed, leave nothing on either node',
    ]),
    mode(
      'a node has failed, and the deployment is submitted again',
      'the node is left out, with a warning',
      ['packages/launch/src/job/bad-nodes.test.ts', 'the nodes that the last end under the name blames are left out'],
      [
        scenario('nodes/lost-nodes'),
        'a node that no longer hears the leader is named within 15 s, ends the deployment, and is left out by the next one',
      ],
    ),
    mode('over several nodes: the server on the first one is killed', 'known within a second; all parts start again', [
      scenario('nodes/node-faults'),
      'a part that is killed is known within a second, also that of the server, and the engine serves again',
    ]),
    mode('over several nodes: one is frozen under load', 'the node within 15 s; the engine starts again', [
      scenario('nodes/node-faults'),
      'a node that is frozen under load is known within 15 s, and the engine serves again when it is back',
    ]),
    mode('over several nodes: one lacks the model, or its part fails while it starts', 'the node, and the cause', [
      scenario('nodes/node-faults'),
      'a part that fails while it starts is named, and one that always fails there ends the deployment',
    ]),
    mode('over several nodes: the disk of one is full', 'the node, and what its agent said', [
      scenario('nodes/lost-nodes'),
      'a node whose agent cannot start, because its disk is full, is named with what the agent said',
    ]),
    mode("over several nodes: the leader's node dies", 'what Slurm says of it; the other nodes leave', [
      scenario('nodes/lost-nodes'),
      "the leader's node that dies is told by Slurm, and the other one ends its part and leaves",
    ]),
    mode('ten deployments over the same nodes at once', 'each serves; nothing collides', [
      scenario('nodes/many-jobs'),
      'ten deployments over the same two nodes serve at once, and end without a trace of one',
    ]),
    mode('over several nodes: the job is requeued', 'it runs again as the next start', [
      scenario('nodes/lost-nodes'),
      'a job that is put back into the queue runs again over its nodes as the next start',
    ]),
    mode(
      'over several nodes: a process of a real vLLM is killed on any of them, idle or under load',
      'within a second: the node whose process it was, also where another part fails first',
      [scenario('real-vllm/two-nodes-faults'), 'names %s within a second when it is killed %s, and serves again'],
      [
        `${nodes}/leader/spread-engine.test.ts`,
        'a part that fails because another one has closed its connections waits for the cause',
      ],
    ),
    mode('over several nodes: one with a real vLLM is frozen', 'the node within 15 s; the engine starts again', [
      scenario('real-vllm/two-nodes-faults'),
      'names a node that is frozen %s within 15 s, and serves again when it is back',
    ]),
    mode('over several nodes: the network between them is slow (1 Mbit/s, 100 to 200 ms)', 'nothing', [
      scenario('nodes/network-faults'),
      'a network of 1 Mbit/s with 100 to 200 ms of delay between the nodes is no failure',
    ]),
    mode(
      'over several nodes: the network is cut under load, in one direction or both, and comes back',
      'the node within 15 s; the engine starts again',
      [
        scenario('nodes/network-faults'),
        'a network that is cut %s under load is told within 15 s with the name of the node, and the engine serves again behind it',
      ],
    ),
    mode('over several nodes: their connections are reset', 'the node; the engine starts again', [
      scenario('nodes/network-faults'),
      'connections between the nodes that are reset are told with the name of the node, and the engine serves again behind it',
    ]),
    mode(
      'over several nodes: the network is cut while the engine starts, or while requests are drained',
      'the node within 15 s, and the start goes on behind it; a drain ends as it was ordered',
      [
        scenario('nodes/network-faults'),
        'a network that is cut while the engine starts is told within 15 s, and the engine is ready behind it',
      ],
      [
        scenario('nodes/network-faults'),
        'a network that is cut while requests are drained ends the deployment as it was ordered',
      ],
    ),
    mode(
      'over several nodes: an agent is killed while requests are drained',
      'the order stays the cause of the end; no process is left',
      [
        scenario('nodes/network-faults'),
        'an agent that is killed while requests are drained leaves nothing running, and the order stays the cause of the end',
      ],
    ),
    mode('over several nodes: one comes a minute late', 'its name while it is awaited; then it serves', [
      scenario('nodes/late-nodes'),
      'a node that comes a minute late is waited for and named, and the deployment serves when it is there',
    ]),
    mode('over several nodes: their clocks are minutes apart, or jump', 'nothing', [
      `${nodes}/leader/node-links.test.ts`,
      'clocks of two nodes that are minutes apart, and one that jumps, lose no node',
    ]),
    mode(
      'over several nodes: the job script starts two agents of one rank',
      'the second ends with `rank_taken`; an event names both',
      [
        'apps/node-agent/src/nodes/several-nodes.test.ts',
        'refuse a second agent of one rank, which says so and ends, and go on',
      ],
      [
        `${nodes}/leader/node-links.test.ts`,
        'of two agents of one rank the second is told why it is refused, until the first is silent',
      ],
    ),
    mode(
      'on Ray: the raylet of a node, or the head, is killed',
      'the node; Ray is started again on all nodes, then the engine',
      [scenario('real-vllm/ray'), 'starts Ray again on both nodes when %s, and says so'],
    ),
    mode('on Ray: a node is cut off', 'the node within 15 s; then the end of the job', [
      scenario('real-vllm/ray'),
      'ends with the name of a node that is cut off, and leaves nothing behind when the network is back',
    ]),
    mode('on Ray: a node is frozen', 'the node within 15 s; Ray and the engine start again when it is back', [
      scenario('real-vllm/ray'),
      'names a node that is frozen within 15 s, and serves again on a new Ray when it is back',
    ]),
    mode('over several nodes: one has another version of vLLM', 'both versions and nodes, before the parts compute', [
      `${nodes}/leader/open-nodes.test.ts`,
      'a node with another version of the engine ends the start, with both versions; the same one does not',
    ]),
    mode('over several nodes: the first one is gone', 'the others end their parts within 30 s and leave', [
      'apps/node-agent/src/nodes/several-nodes.test.ts',
      'stop without their leader, and leave nothing behind',
    ]),
    mode('engine never becomes ready, or exits at once', 'the cause, the cure, the last lines', [
      scenario('engine/engine-faults'),
      'of an engine %s ends with the cause, the cure and the last lines, and the job ends',
    ]),
    mode(
      'a flag that the installed vLLM has renamed or removed',
      'nothing, and an event that tells what stands for it',
      [fitArguments, 'fitArguments %s'],
      [fitArguments, 'fitArguments says what it did, with the version, and nothing where it did nothing'],
    ),
    mode('a flag that the installed vLLM lacks', 'before it is started: the flag, the version, the cure', [
      fitArguments,
      'fitArguments refuses %s, with the version and the cure',
    ]),
    mode('engine exits 0 while it serves', 'it is started again; status says why', [
      scenario('engine/engine-faults'),
      'an engine that exits with code 0 while it serves: streams are cut, it is started again, and status says why',
    ]),
    mode('engine killed', 'degraded, then ready again', [scenario('job/faults'), 'engine killed']),
    mode(
      'engine hangs with `/health` 200',
      'noticed within a minute; what it shows is saved; started again',
      [scenario('job/faults'), 'engine hung'],
      [
        scenario('real-vllm/hang'),
        'a frozen engine is found hung within a minute, what it shows is saved, and it serves again: %s',
      ],
      [
        'apps/node-agent/src/health/health-machine.test.ts',
        'is found hung within 60 s and not at once: $load, metrics $page, $frozen frozen',
      ],
    ),
    mode(
      'engine reads a prompt of 100,000 tokens, or is slow to give its metrics',
      'nothing: it is not taken for a hang',
      [scenario('real-vllm/hang'), 'a prompt of nearly 100,000 tokens, which takes minutes, is not taken for a hang'],
      ['apps/node-agent/src/health/health-machine.test.ts', 'is never doubted while it works: $load, metrics $page'],
    ),
    mode(
      'engine prints 50 MB of log a second, a line of 10 MB, or bytes that are no text',
      'nothing; a failure amid it is still named',
      [
        'apps/node-agent/src/engine/engine-output.test.ts',
        'The cause of a failure is found before, amid and after %s, and memory stays bounded',
      ],
    ),
    mode(
      'a real vLLM that cannot start: wrong flag, missing weights, a context that is too long, a taken socket, a full disk, a missing image',
      'deploy ends with its words and the cure; why names the cause',
      [
        scenario('real-vllm/start-failures'),
        '$what: deploy ends with the words of vLLM and the cure, why names $id, and nothing stays in the queue',
      ],
    ),
    mode('a process of a real vLLM is killed or stands still', 'it is started again; why names what happened', [
      scenario('real-vllm/serving'),
      'its EngineCore was frozen while it was idle',
    ]),
    mode(
      'a real vLLM is stopped in any phase of its start, which loses a SIGTERM',
      'the job ends within its limit, nothing is left on the node',
      [
        scenario('real-vllm/stop-while-starting'),
        'while %s: the job ends within its limit, as stopped, and nothing is left on the node',
      ],
    ),
    mode(
      'the page of metrics of the engine is huge, slow, cut off or malformed',
      'nothing: it counts as no answer, and memory stays bounded',
      [
        'apps/node-agent/src/engine/engine-client.test.ts',
        'An answer that does not end, such as a huge page of metrics, is given up at 8 MiB',
      ],
    ),
    mode('the wall clock jumps while the engine loads', 'nothing: the limit of the start does not follow it', [
      'apps/node-agent/src/supervisor/supervisor.test.ts',
      'a supervisor waits as long for an engine that loads where the wall clock jumps %s',
    ]),
    mode(
      'the job is suspended and resumed, or its node drains',
      'nothing but the pause: the engine is not started again',
      [
        scenario('slurm/interruptions'),
        'a job that is suspended for more than a minute serves on when it is resumed, and its engine is not taken for hung',
      ],
    ),
    mode('engine prints 100 MB of log', 'nothing: disk and memory stay bounded', [
      scenario('engine/engine-faults'),
      'an engine that prints 200 MB of log goes on serving, and neither the disk use nor the memory of the agent grows with it',
    ]),
    mode(
      'tunnel cut, reset, black-holed',
      'connect follows by itself and says so',
      [scenario('job/faults'), 'tunnel cut and healed: the next generation is found, and connect follows by itself'],
      [scenario('job/outages'), 'connection reset: back within seconds as the next generation'],
    ),
    mode(
      'connection cut after any number of bytes of a request or an answer',
      'its first chunks, each once, then `answer_cut`; the next request finds the next generation',
      [sdk('openai/cut-requests'), 'of a call leaves a whole answer or the one error, and sends nothing again'],
      [sdk('openai/cut-requests'), 'of a stream leaves its first chunks, each once, and the one error'],
      [
        'tests/scenarios/cut-front.test.ts',
        'A stream through the front that is cut after any number of bytes towards the %s has its first chunks, each once, and leaves nothing in flight',
      ],
    ),
    mode('one of two instances dies', 'requests go to the other one', [
      'tests/scenarios/two-instances.test.ts',
      'A deployment of two instances lists both, and requests leave the one that dies for the other',
    ]),
  ],
};
