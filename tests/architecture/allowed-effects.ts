// Which files may use time, chance, the process, the network or the console as globals, and why: roots, interpreters and ports.
// A program's `main.ts` always may. Every other file takes them from its deps, so that a test controls them.

import type { Effect } from './find-effects.ts';

export interface EffectReason {
  uses: readonly Effect[];
  because: string;
}

const signals: EffectReason = { uses: ['process'], because: 'a port to processes: it sends signals' };
const accounts: EffectReason = { uses: ['process'], because: 'a port to files: it compares owners with this account' };
const platform: EffectReason = { uses: ['process'], because: 'a port whose work depends on the operating system' };
const simulated: EffectReason = {
  uses: ['Date'],
  because:
    'the simulator lives in real time, as the engine that it stands for: times that it prints are those of the process',
};

export const allowedEffects: Readonly<Record<string, EffectReason>> = {
  // Files that make dependencies.
  'apps/node-agent/src/run-main.ts': {
    uses: ['Date', 'random', 'timers'],
    because: 'the root of the agent, behind its main.ts',
  },
  'apps/control/src/open-control.ts': {
    uses: ['random', 'process'],
    because: 'the root of control, behind its main.ts: defaults come from the process',
  },
  'apps/control/src/publish/share-sockets.ts': accounts,
  'apps/gateway/src/store/open-state-dir.ts': accounts,
  'apps/node-agent/src/nodes/measure-node.ts': {
    uses: ['process'],
    because: "a port: it reports this process's memory and processor time",
  },
  'packages/client/src/control/open-session.ts': {
    uses: ['process'],
    because: 'a root of the SDK: the default environment is that of the process',
  },
  'packages/client/src/launching/launch-options.ts': {
    uses: ['process'],
    because: 'a root of the SDK: defaults come from the process',
  },
  'packages/cli/src/demo/reaper.ts': { uses: ['process', 'timers'], because: 'a program of its own: the root of it' },
  'packages/cli/src/doctor/probe/run-probe.ts': {
    uses: ['process'],
    because: 'a program of its own, behind its main.ts: it reports its Node and machine',
  },
  'packages/scheduler/src/local/local-runner.ts': {
    uses: ['process'],
    because: 'a program of its own: the root of it',
  },
  'packages/scheduler/src/local/run-local-job.ts': {
    uses: ['Date', 'process'],
    because: 'the interpreter of the program that runs one local job',
  },
  'packages/scheduler/src/local/start-timer.ts': {
    uses: ['Date', 'timers'],
    because: 'the timers of that interpreter: wall clock, and longer than setTimeout can wait',
  },
  'packages/scheduler/src/local/local-scheduler.ts': {
    uses: ['process'],
    because: 'a port: jobs are started by this process, with its Node and its environment',
  },

  // Time and limits themselves.
  'packages/kit/src/clock.ts': { uses: ['Date', 'process', 'random', 'timers'], because: 'the system behind the port' },
  'packages/kit/src/count-buffers-as-heap.ts': {
    uses: ['process'],
    because: 'a setting of V8 for roots, whose module short commands do not load',
  },
  'packages/kit/src/signal-process.ts': signals,
  'packages/kit/src/signals.ts': { uses: ['timers'], because: 'the limit that ports put on one wait' },

  // Ports to the network: a time limit belongs to the socket, and needs a timer.
  'packages/ssh/src/connection/ssh-link.ts': {
    uses: ['timers'],
    because: 'a port to SSH channels: each request opens one, and a promise for its limit costs as much as the rest',
  },
  'packages/ssh/src/connection/transport.ts': {
    uses: ['timers'],
    because: 'a port to TCP: the limit starts when the name is known',
  },
  'packages/ssh/src/system-ssh/start-master.ts': {
    uses: ['timers'],
    because: 'a port to the program ssh: it limits its last words, and passes its notices on',
  },
  'apps/control/src/carrier/secure-carrier.ts': {
    uses: ['timers'],
    because: 'a port to sockets: closing must end although a test has stopped the clock',
  },
  'apps/control/src/ws/upgrades.ts': {
    uses: ['timers'],
    because: 'a port to sockets: closing must end although a test has stopped the clock',
  },
  'packages/cli/src/demo/team/ask-member.ts': {
    uses: ['fetch'],
    because: 'a port to HTTP: a member of the demo asks as any program would',
  },
  'packages/cli/src/demo/team/open-team-world.ts': accounts,
  'packages/cli/src/demo/stream-completion.ts': {
    uses: ['fetch'],
    because: 'a port to HTTP: the demo asks as any program would',
  },

  // Ports to files, accounts and processes.
  'apps/control/src/carrier/run-dir.ts': {
    uses: ['Date', 'process'],
    because: 'a port to files: it writes the times of sockets, and compares owners with this account',
  },
  'apps/control/src/state/identity.ts': {
    uses: ['Date'],
    because: 'makes a certificate that others check against their own wall clocks',
  },
  'apps/node-agent/src/engine/find-processes.ts': {
    uses: ['process'],
    because: 'a port to processes: it lists them, without itself',
  },
  'apps/node-agent/src/engine/engine-address.ts': accounts,
  'apps/node-agent/src/engine/open-caches.ts': accounts,
  'apps/node-agent/src/companion/open-common-directory.ts': accounts,
  'apps/node-agent/src/job/dead-directories.ts': {
    uses: ['process'],
    because: 'a port to the directories of agents: which belong to this account, and which to this process',
  },
  'apps/node-agent/src/job/open-node-directory.ts': accounts,
  'apps/node-agent/src/open-agent-log.ts': {
    uses: ['timers'],
    because: 'a port to the log file, opened again later; no clock is there yet',
  },
  'packages/cli/src/output/watch-reader.ts': {
    uses: ['process'],
    because: 'a port: it watches the reader of this process',
  },
  'packages/client/src/private-file.ts': { uses: ['process'], because: 'a port to files: modes differ on Windows' },
  'packages/config/src/project/caller.ts': accounts,
  'packages/launch/src/model-facts/hub-files.ts': {
    uses: ['fetch'],
    because: 'a port to HTTP: it reads the files of a model from the hub',
  },
  'packages/launch/src/ship/find-runtime.ts': {
    uses: ['process'],
    because: 'a port: it finds out whether the Node of this process can run on another host',
  },
  'packages/scheduler/src/command-runner.ts': {
    uses: ['process', 'timers'],
    because: 'a port to programs of this machine, with the environment of this process',
  },
  'packages/scheduler/src/local/gpu-claims.ts': {
    uses: ['Date', 'process'],
    because: 'a port to files: it compares their times with the wall clock',
  },
  'packages/scheduler/src/local/job-registry.ts': {
    uses: ['Date'],
    because: 'a port to files: it records when a job was found dead',
  },
  'packages/scheduler/src/local/process-identity.ts': platform,
  'packages/scheduler/src/local/process-table.ts': {
    uses: ['process', 'timers'],
    because: 'a port to processes: it kills, and checks a moment later',
  },
  'packages/ssh/src/local-server/builtin/forwards.ts': {
    uses: ['process'],
    because: 'a port to sockets: their mode comes from the umask of the process',
  },
  'packages/ssh/src/local-server/builtin/open-builtin-ssh-server.ts': {
    uses: ['Date'],
    because: 'a server of tests and the demo: keys end by the wall clock',
  },
  'packages/ssh/src/local-server/builtin/session.ts': signals,
  'packages/ssh/src/local-server/user-sshd.ts': platform,
  'packages/ssh/src/resolve-ssh-target.ts': {
    uses: ['process'],
    because: 'a port to ssh_config: its tokens name this account and this machine',
  },
  'packages/ssh/src/system-ssh/beyond-ssh2.ts': accounts,
  'packages/ssh/src/system-ssh/master-place.ts': {
    uses: ['Date', 'process'],
    because: 'a port to files: it removes old ones of this account',
  },
  'packages/ssh/src/system-ssh/own-master.ts': signals,
  'packages/ssh/src/system-ssh/run-ssh.ts': platform,

  // The simulator.
  'packages/engine-sim/src/engine/engine-core.ts': simulated,
  'packages/engine-sim/src/engine/metrics.ts': simulated,
  'packages/engine-sim/src/engine/timer-wheel.ts': {
    uses: ['Date', 'timers'],
    because: 'the one timer behind all that the simulated engine does',
  },
  'packages/engine-sim/src/process/headless-process.ts': {
    uses: ['Date', 'timers'],
    because: 'the interpreter of a process that is not rank 0: its log has times, its faults wait',
  },
  'packages/engine-sim/src/process/meeting.ts': {
    uses: ['timers'],
    because: 'rank 0 takes a step with the others at an interval',
  },
  'packages/engine-sim/src/process/sim-process.ts': {
    uses: ['Date', 'timers'],
    because: 'the interpreter of the simulated process',
  },
  'packages/engine-sim/src/process/print-stats.ts': { uses: ['timers'], because: 'the interpreter prints every 10 s' },
  'packages/engine-sim/src/server/pooling.ts': simulated,
  'packages/engine-sim/src/server/fault-control.ts': {
    uses: ['timers'],
    because: 'the interpreter of faults that come after a time',
  },
  'packages/engine-sim/src/server/generate.ts': simulated,
  'packages/engine-sim/src/server/http-server.ts': simulated,
  'packages/engine-sim/src/server/listener.ts': platform,
  'packages/engine-sim/src/server/respond.ts': simulated,
};
