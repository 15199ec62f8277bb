// The failures, in the order in which a user meets them, and the tests that show what the user then sees.

import { type FailureMode, places } from './failure-mode.ts';

const explainFetch = 'packages/launch/src/weights/explain-fetch-failure.test.ts';
const setUp = 'packages/launch/src/setup/setup.test.ts';
const judgeCache = 'packages/launch/src/weights/judge-cache.test.ts';
const input = 'tests/scenarios/bad-input.test.ts';
const care = 'tests/scenarios/care-deploy.test.ts';
const scenario = (name: string) => `infra/testbed/src/scenarios/${name}.scenario.ts`;
const fitArguments = 'packages/engines/src/vllm/build/fit-arguments.test.ts';
const sdk = (name: string) => `packages/client/src/${name}.test.ts`;
const control = (name: string) => `apps/control/src/faults/${name}.test.ts`;

function mode(what: string, seen: string, ...tests: Array<[file: string, title: string]>): FailureMode {
  return { what, seen, tests: places(...tests) };
}

export interface FailureChapter {
  title: string;
  modes: readonly FailureMode[];
}

export const failureChapters: readonly FailureChapter[] = [
  {
    title: 'What is typed and configured',
    modes: [
      mode('unknown model or preset', 'the nearest name, and what a model is named by', [
        input,
        'preset is answered with the nearest name',
      ]),
      mode('cluster not configured', 'the nearest, and those there are', [
        input,
        'cluster is answered with the nearest name',
      ]),
      mode('unknown deployment', 'exit 3 and the nearest name', [
        input,
        '%s of an unknown name is answered with the nearest',
      ]),
      mode('configuration with a typo', 'the setting, and the one it may mean', [
        input,
        'with a typo names the key and the nearest one',
      ]),
      mode('configuration with a wrong type', 'the setting and what it takes', [
        input,
        'with a wrong type names the key',
      ]),
      mode('contradicting fields', 'the setting and the consequence', [
        input,
        'that contradicts itself names the consequence',
      ]),
      mode('BOM, CRLF', 'nothing: it is read', [input, 'with a BOM and CRLF is read like any other']),
      mode(
        'not YAML',
        'the line',
        [input, 'that is not YAML shows the line'],
        [input, 'with a key twice shows the line'],
      ),
      mode('unreadable configuration', 'why, and the cure', [
        input,
        'that is a folder, or that may not be read, is said to be',
      ]),
      mode('world-readable secret', 'refused, with the chmod', [
        input,
        'a profile that others may read is refused, with the cure',
      ]),
      mode('name with odd characters', 'refused before anything is done', [
        input,
        'name with odd characters is refused before anything is done',
      ]),
      mode('two deploys of the same name at once', 'one wins; the other says so and leaves nothing', [
        care,
        'of one name twice at once: one wins, the other says so and leaves nothing',
      ]),
      mode('local port taken', 'the port, and that another can be had', [
        input,
        'a local port that is taken is named, and what to do',
      ]),
      mode('stdout closed early (`| head`)', 'nothing; it ends 0', [
        'packages/cli/src/main.test.ts',
        'ends 0 when its reader has had enough',
      ]),
      mode(
        'Ctrl-C in each phase of `deploy`',
        'what is left, and how to come back; a second one leaves at once',
        [care, 'before anything is recorded leaves nothing, and says so'],
        [care, 'while sbatch answers waits for the answer, names the job and how to come back'],
        [care, 'twice leaves at once; stop finds by its name the job whose id is unknown'],
        [scenario('job/main-job'), 'Ctrl-C while a deploy follows leaves the job running and says how to come back'],
      ),
    ],
  },
  {
    title: 'The ways in',
    modes: [
      mode('bastion unreachable', 'which address and port, exit 4', [input, 'where nothing listens']),
      mode(
        'login host unreachable',
        'what runs goes on; the words name the host',
        [scenario('job/outages'), 'login node away: deployments go on, and the messages name the host'],
        [care, 'deploy goes on following, says so once, and is ready; stop says that it has stopped, and warns'],
      ),
      mode('DNS failure', 'the name, and that a VPN may be needed', [input, 'whose name is not known']),
      mode(
        'wrong host key',
        'both keys, the line of known_hosts, and never a way around it',
        [input, 'with another host key'],
        [input, 'with an unknown host key'],
      ),
      mode('wrong key', 'which keys were offered', [input, 'that does not take the key']),
      mode(
        'key with a passphrase',
        'asked for once, or how to load it',
        [input, 'for which the key has a passphrase and there is no terminal to type it'],
        ['packages/ssh/src/connection/open-ssh.test.ts', 'asks for a passphrase only when the server wants the key'],
      ),
      mode('login shell that prints a banner or runs `exec tmux`', 'the banner is passed over; the other is named', [
        scenario('files/cluster-files'),
        'may print a banner, but not become another program',
      ]),
      mode('laptop without `ssh`', 'nothing: it is not needed', [
        input,
        'is reached without any ssh program on this machine',
      ]),
      mode('authorized_keys read-only', 'the line to add, and that it is waited for', [
        scenario('files/cluster-files'),
        'that Fairlead may not edit: the command shows the line, the same one each time, and works after the user has added it',
      ]),
      mode('authorized_keys huge, with CRLF, without a last newline', 'nothing: every other byte stays', [
        scenario('files/cluster-files'),
        '%s works, and has its original bytes again after the last stop',
      ]),
      mode('authorized_keys changed by someone else meanwhile', 'nothing: both changes are kept', [
        scenario('files/cluster-files'),
        'that another program changes meanwhile keeps both changes',
      ]),
    ],
  },
  {
    title: 'The bastion',
    modes: [
      mode('it forbids unix-socket forwarding', 'that it does, and what its operator must allow', [
        scenario('bastion/bastion-faults'),
        'forwarding of sockets forbidden: the first command says so, and names the setting that the operator must allow',
      ]),
      mode('its name is a round robin of two hosts', 'both names; never a second control', [
        scenario('bastion/bastion-names'),
        'a name that leads to another host than the configured one is refused with both names, by laptops and by agents',
      ]),
      mode('a first route to it is black-holed', 'which route is used, and why', [
        scenario('bastion/routes'),
        'a first route that is black-holed at the start costs a second, for the laptop and for the agent',
      ]),
      mode(
        'the route in use is lost under load',
        'the next route, a new generation; no way back before the next loss',
        [
          scenario('bastion/routes'),
          'when a route is lost under 20 streams the next one is taken, and kept while it works',
        ],
      ),
      mode('all its routes are gone', 'what each one answered; it comes back by itself', [
        scenario('bastion/routes'),
        'the loss of all routes is reported once, and the connection comes back with the first route that works again',
      ]),
      mode('one of its routes leads to another host', 'that it is refused; the others serve', [
        scenario('bastion/routes'),
        'a route that leads to another host is refused and reported by laptop, agent and init',
      ]),
      mode('rebooted', 'control is back with its records, the agent with its next generation', [
        scenario('bastion/bastion-faults'),
        'rebooted: control comes back with its records, the agent with its next generation, and connect goes on',
      ]),
      mode('user processes reaped at logout', 'nothing: the gate revives control', [
        scenario('bastion/bastion-faults'),
        'processes ended at logout: the next command finds control again, with all its records',
      ]),
      mode('IPv6 only', 'nothing: it serves', [
        scenario('bastion/bastion-names'),
        'a bastion with only an IPv6 address serves by its name and by its address',
      ]),
      mode('socket path too long', 'the directory, and that a shorter one will do', [
        scenario('files/paths'),
        'a home with a space, a quote and an umlaut in its path serves like any other',
      ]),
      mode('home directory with a space in its path', 'nothing: it serves', [
        scenario('files/paths'),
        'a home with a space, a quote and an umlaut in its path serves like any other',
      ]),
    ],
  },
  {
    title: 'Slurm',
    modes: [
      mode('`sbatch` missing', 'whether this is a login host, and that its directory can be named', [
        scenario('slurm/slurm-refusals'),
        'without sbatch is reported, and the directory of sbatch can be configured',
      ]),
      mode('`sbatch` refuses: account, partition, GPU type, time limit', "Slurm's words and what to change", [
        scenario('slurm/slurm-refusals'),
        "for %s is reported with Slurm's words and the cure",
      ]),
      mode(
        '`sbatch` refuses: QOS',
        "Slurm's words and what to change",
        [scenario('slurm/slurm-refusals'), "for its QOS is reported with Slurm's words and the cure"],
        [
          scenario('slurm/accounting'),
          "a job %s is refused with Slurm's words and the cure, and leaves nothing behind",
        ],
      ),
      mode(
        'account that the partition does not take, closed, used up, taken away, or written in other case',
        'doctor finds it where `sbatch` does not; `status` says whether waiting helps',
        [
          scenario('slurm/accounting'),
          'finds an account that the partition does not take, though sbatch --test-only takes it',
        ],
        [
          scenario('slurm/accounting'),
          'a job of a child of the account that the partition takes waits, and status says that it will never start',
        ],
        [
          scenario('slurm/accounting'),
          'an account that has used up its budget: deploy says that no ending job helps, and gives no start time',
        ],
        [scenario('slurm/accounting'), 'an account that the user has lost is refused, and doctor no longer lists it'],
        [
          scenario('slurm/accounting'),
          'accepts an account in another case, as Slurm does, and finds a QOS that allows less time than requested',
        ],
      ),
      mode(
        '`sbatch` answers after a time-out',
        'the job is found, not submitted twice',
        [scenario('slurm/slurm-refusals'), 'whose sbatch %s: the job is found and not submitted twice'],
        [care, 'adopts the job whose sbatch answered too late, and submits it once'],
      ),
      mode(
        'job pending for ever',
        'its reason in words, and what to do',
        [scenario('slurm/job-ends'), 'for ever is reported with its reason and the cure, by deploy and by status'],
        [scenario('slurm/job-ends'), 'for a missing node, for a quota, or for its turn is reported with that reason'],
      ),
      mode('job cancelled while queued', 'that it was cancelled', [
        scenario('job/faults'),
        'job cancelled while it is queued, and a deploy follows it',
      ]),
      mode('job held', 'that it is held, and by what it is released', [
        scenario('slurm/job-ends'),
        'for ever is reported with its reason and the cure, by deploy and by status',
      ]),
      mode('job requeued', 'it serves again as the next start', [
        scenario('slurm/job-ends'),
        'a requeued job serves again as the next start, and the copy that its node kept running is fenced',
      ]),
      mode(
        'preempted, killed by its time limit, node failure',
        'the reason that Slurm gave',
        [
          scenario('slurm/job-ends'),
          "a job that Slurm ends is reported with Slurm's reason: preempted, out of time, a failed node",
        ],
        [scenario('job/faults'), 'time limit drains a running stream to its end'],
      ),
      mode('out of memory', 'what ran out, and what to change', [
        scenario('slurm/job-ends'),
        'out of memory: the engine error has the cure; for a killed agent, the queue explains the end',
      ]),
    ],
  },
  {
    title: 'Engine and weights before a job',
    modes: [
      mode(
        'unknown, gated or private model; a token without the licence',
        'which of these, the page of the model, and how a token is given',
        [explainFetch, 'an unknown model'],
        [explainFetch, 'a gated model without a token'],
        [explainFetch, 'a token without the licence'],
        [explainFetch, 'a wrong token'],
      ),
      mode('no internet on the host that downloads', 'that, and `transfer`, a proxy or a mirror', [
        explainFetch,
        'no internet',
      ]),
      mode(
        'disk or quota full while downloading',
        'what is free and what is needed; what is whole stays',
        [explainFetch, 'too little room'],
        [explainFetch, 'a full disk'],
        [explainFetch, 'a full quota'],
      ),
      mode(
        'half a download, for nodes without internet',
        'refused before queueing, with the `fairlead prefetch` that goes on with it',
        [judgeCache, 'an index that names more'],
        [judgeCache, 'a shard whose name counts three, before there is an index'],
        [judgeCache, 'shows the download that mends it'],
      ),
      mode('pointers of Git LFS in place of weights', 'refused before queueing, with `git lfs pull`', [
        judgeCache,
        'tells pointers of Git LFS from weights',
      ]),
      mode(
        'an environment that cannot be built: no internet, no such version, no Python, a full disk or quota',
        'which of these, with the last lines of the installer',
        [setUp, 'no internet'],
        [setUp, 'an unknown version'],
        [setUp, 'an old Python alone'],
        [setUp, 'a full quota'],
        [setUp, 'a small home alone'],
      ),
      mode(
        'a setup that is interrupted, or whose engine does not start on a node',
        'no name and no setting changes; the next run goes on',
        [setUp, 'has its name only when it is finished, goes on where it failed, and does nothing twice'],
        [
          scenario('engine/setup'),
          'setup that fails on the node, finds no such version or reaches no index leaves configuration and name as they were',
        ],
      ),
      mode('Ctrl-C or a lost connection during a download', 'no process stays on the host', [
        'packages/launch/src/host/host.test.ts',
        'ends with all that it started when its caller leaves',
      ]),
    ],
  },
  {
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
  },
  {
    title: 'Control',
    modes: [
      mode(
        'connection to it cut after any number of bytes',
        'a whole answer, or `control_unreachable`, after which another try can succeed',
        [sdk('control/cut-control'), 'of a call to control leaves a whole answer or the one error'],
        [sdk('control/cut-control'), 'of a watch leaves its first messages, each once, and the one error'],
      ),
      mode(
        'killed -9 while 20 agents report',
        'nothing acknowledged is lost; all come back to one control',
        [
          control('killed'),
          'Control that is killed while 20 agents report loses nothing it acknowledged, and all come back to one control',
        ],
        [scenario('job/faults'), 'control killed and back while a stream runs (the stream goes on)'],
      ),
      mode('its disk full', 'refused with why; reading goes on', [
        control('disk-full'),
        'refuses changes and says why, goes on answering, and recovers when there is room',
      ]),
      mode('its file corrupted', 'refuses to start, says what to do, never begins empty over it', [
        control('database'),
        'is damaged does not start, never begins empty over it, and says what to do, to the gate too',
      ]),
      mode('an older schema', 'migrated, the old one kept', [
        control('database'),
        'is of an older schema migrates it and keeps the old one beside it',
      ]),
      mode('a newer schema', 'refused, with what to do', [
        control('database'),
        'is of a newer schema refuses it, leaves it as it is, and says what to do',
      ]),
      mode(
        'a stale agent of a former generation comes back',
        'fenced',
        [control('enrolment'), 'of a former generation that comes back is fenced, and its sockets stay unused'],
        [scenario('job/outages'), 'lost instance whose name was deployed again: it ends itself when it comes back'],
      ),
      mode('a forged enrolment token', 'refused; the history says so', [
        control('enrolment'),
        'with a forged enrolment token is refused, and the history says so once',
      ]),
      mode('a stolen enrolment token', 'refused as another instance, and beside the one that runs', [
        control('enrolment'),
        'with a stolen token of a running instance is refused beside the one that runs',
      ]),
      mode(
        'clock of the cluster 10 minutes off',
        'leases hold; times are set right',
        [
          scenario('bastion/bastion-faults'),
          'a cluster whose clock is ten minutes ahead: it serves, its deadline is shown in real time, and status says why times differ',
        ],
        [control('enrolment'), 'keeps its lease, and its times are set right'],
      ),
    ],
  },
];
