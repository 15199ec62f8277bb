// What only a compute node can tell: its way out to the bastion, step by step, and the node itself.

import { checkGateLine } from '@fairlead/carrier';
import { errorText } from '@fairlead/kit';
import { decodeText, gateLine, type LaptopProfile } from '@fairlead/protocol';

import { parseAnswers } from '../ask-host.ts';
import { type Check, fail, type Finding, passed, skipped, warn } from '../check.ts';
import { engineWanted } from '../engine/engine-checks.ts';
import { judgeEngine } from '../engine/judge-engine.ts';
import { judgeClock } from '../host/clock.ts';
import { judgeDirectory, readDirectoryFacts } from '../host/directory.ts';
import { judgeGpus } from '../host/gpus.ts';
import { type LoginStep, stepOf } from '../reach/try-login.ts';
import { wantedJobOf } from '../slurm/wanted-job.ts';
import type { Inspection } from '../inspection.ts';
import { lineOf, type ProbeReport } from '../probe/probe-report.ts';
import { runTestJob } from './run-test-job.ts';

/** Besides the time that the job may wait. */
const jobMs = 240_000;
const tidyMs = 40_000;

export function computeChecks(isLocal: boolean, waitSeconds: number): Check[] {
  return [
    {
      id: 'compute.job',
      title: 'Compute node: a test job runs',
      tried: 'submitted a job with the script of a deployment',
      needs: [
        ...(isLocal ? [] : ['slurm.test-only', 'slurm.time']),
        'login.state-dir',
        'login.runtime-dir',
        'login.node',
        'bastion.authorized-keys',
        'bastion.control',
      ],
      limitMs: jobMs + waitSeconds * 1000,
      tidyMs,
      run: runTestJob,
    },
    ...wayOutChecks(),
    ...nodeChecks(),
  ];
}

function wayOutChecks(): Check[] {
  const step = (id: LoginStep, title: string, tried: string, needs: string): Check => ({
    id: `compute.${id}`,
    title: `Compute node: ${title}`,
    tried,
    needs: [needs],
    run: ({ probe }) => judgeWayOut(id, probe),
  });
  return [
    {
      id: 'compute.routes',
      title: 'Compute node: routes to the bastion',
      tried: "logged in with the job's key by each route of bastion.fromCluster",
      needs: ['compute.job'],
      run: ({ probe }) => judgeProbedRoutes(probe),
    },
    step('name', "the bastion's name", "looked the bastion's name up on the node", 'compute.job'),
    step('port', 'the way out', "connected from the node to the bastion's SSH port", 'compute.name'),
    step('host-key', "the bastion's host key", 'compared the key it shows there with the pinned one', 'compute.port'),
    step('login', "login with the job's key", "logged in with the cluster's job key", 'compute.host-key'),
    {
      id: 'compute.gate',
      title: 'Compute node: the gate',
      tried: 'asked the gate which host it is, from the node',
      needs: ['compute.login'],
      run: async (inspection) => judgeGate(inspection.probe, await inspection.profile()),
    },
    {
      id: 'compute.listen',
      title: 'Compute node: first hop',
      tried: 'had the bastion listen on a socket for the node',
      needs: ['compute.gate'],
      run: ({ probe }) => judgeSocket(probe),
    },
    {
      id: 'compute.hop',
      title: 'Compute node: both hops',
      tried: 'connected from this machine, through the bastion, to the node',
      needs: ['compute.listen'],
      run: ({ probe }) => judgeHop(probe),
    },
  ];
}

function nodeChecks(): Check[] {
  const check = (id: string, title: string, tried: string, run: Check['run']): Check => ({
    id: `compute.${id}`,
    title: `Compute node: ${title}`,
    tried,
    needs: ['compute.job'],
    run,
  });
  return [
    check('runtime', 'Node runs', 'ran our program there with the Node of the jobs', ({ probe }) => {
      const started = lineOf(probe, 'started');
      return started ? passed(`${started.node} on ${started.machine}`) : fail('it said nothing', 'Name a Node: node.');
    }),
    check('clock', 'clock', 'compared its clock with that of this machine', ({ probe }) => {
      const started = lineOf(probe, 'started');
      if (!started || probe.readAtMs === undefined) return skipped('skipped because the node did not tell the time');
      // A shared file system may show the first line late: a late clock proves nothing, an early one is wrong.
      const behindMs = probe.readAtMs - started.nowMs;
      return judgeClock(behindMs > 0 && behindMs < 60_000 ? 0 : -behindMs, started.host);
    }),
    check(
      'scratch',
      'scratch directory',
      'wrote and ran a small program where jobs keep sockets and caches',
      async (inspection) => judgeScratch(inspection.probe, (await inspection.login.paths()).scratch),
    ),
    check('gpus', 'GPUs', 'asked nvidia-smi in the job', async (inspection) =>
      judgeGpus((await wantedJobOf(inspection)).plan.gpus, parseAnswers(lineOf(inspection.probe, 'gpus')?.text ?? '')),
    ),
    check(
      'engine',
      'the engine',
      'looked for the engine in the job, after the prologue',
      async (inspection: Inspection) =>
        judgeEngine(
          { ...(await engineWanted(inspection)), hasLastWord: false },
          parseAnswers(lineOf(inspection.probe, 'engine')?.text ?? ''),
        ),
    ),
  ];
}

const wayOutTodo: Record<LoginStep, string> = {
  name: 'Set bastion.fromCluster.host to the name or address that compute nodes know the bastion by.',
  port: 'A firewall is in the way, or host and port are not right for compute nodes (bastion.fromCluster). Ask the site to let compute nodes out to this host by SSH, or choose a bastion that they reach, such as a login node.',
  'host-key':
    'Another machine answers there, or the bastion shows other keys inside: ask its operator for the fingerprint, and set bastion.fromCluster.hostKeys if it is right.',
  login:
    "The server takes the job's key from the laptop and not from the node: a rule there (sshd_config: Match, AllowUsers, from= in authorized_keys) depends on where one comes from.",
};

export function judgeWayOut(step: LoginStep, probe: ProbeReport): Finding {
  const name = lineOf(probe, 'name');
  const login = lineOf(probe, 'login');
  if (step === 'name') {
    if (!name) return skipped('skipped because the job did not come to it');
    return name.ok ? passed(name.addresses.join(', ')) : fail(name.message ?? 'unknown name', wayOutTodo.name);
  }
  if (!login) return skipped('skipped because the job did not come to it');
  const failedAt = login.ok ? undefined : stepOf(login.code ?? '');
  if (failedAt === step) return fail(login.message ?? 'it failed', wayOutTodo[step]);
  if (step === 'host-key' && login.fingerprint) return passed(login.fingerprint);
  return passed(step === 'port' ? 'the bastion answers' : 'it works');
}

/** Pure. One route that works is enough for jobs; the others' faults are warnings. */
export function judgeProbedRoutes({ lines }: ProbeReport): Finding {
  const routes = lines.filter((line) => line.probe === 'route');
  if (routes.length === 0) return passed('there is one, which the next lines are about');
  const found = routes
    .map(({ name, ok: serves, message }, index) => `${index + 1} ${name}: ${serves ? 'logged in' : message}`)
    .join('\n');
  const lame = routes.filter((route) => !route.ok);
  const todo = lame[0]?.hint ?? wayOutTodo.port;
  if (lame.length === routes.length) return fail(found, todo);
  return lame.length === 0 ? passed(found) : warn(found, todo);
}

function judgeGate(probe: ProbeReport, profile: LaptopProfile | undefined): Finding {
  const gate = lineOf(probe, 'gate');
  if (!gate || !profile) return skipped('skipped because the job did not come to it');
  const todo = "Run `fairlead init` again; look at the gate in the bastion's directory of state.";
  if (!gate.ok) return fail(gate.message ?? 'it failed', gate.hint ?? todo);
  const decoded = decodeText(gateLine, gate.line ?? '');
  if (!decoded.ok || 'error' in decoded.value) return fail(`it said ${gate.line}`, todo);
  // Inside, the name may stand for another of several hosts.
  checkGateLine(decoded.value, profile);
  return passed(`it is ${decoded.value.host}, as from here`);
}

function judgeSocket(probe: ProbeReport): Finding {
  const listening = lineOf(probe, 'listening');
  if (!listening) return skipped('skipped because the job did not come to it');
  if (listening.ok) return passed('the bastion listens for the node');
  return fail(
    listening.message ?? 'it failed',
    listening.hint ?? 'sshd_config on the bastion must allow it also for logins from compute nodes (Match blocks).',
  );
}

function judgeHop({ hop }: ProbeReport): Finding {
  if (!hop) return skipped('skipped because there was no socket to connect to');
  if (hop.ok) return passed(`a word came from the node to this machine (${hop.roundTripMs.toFixed(0)} ms)`);
  return fail(
    `the node's socket on the bastion does not answer this machine: ${errorText(hop.error)}`,
    'See whether "Bastion: forwards to a socket" is all right above; if so, run the doctor again.',
  );
}

/** Half of the limit for a socket's path: the agent adds a directory and a name. */
function judgeScratch(probe: ProbeReport, configured: string | undefined): Finding {
  const line = lineOf(probe, 'scratch');
  if (!line) return skipped('skipped because the job did not come to it');
  const answers = parseAnswers(line.text);
  const path = configured ?? answers.get('at') ?? '/tmp';
  return judgeDirectory(readDirectoryFacts(path, answers), {
    what: "the engine's caches",
    setting: 'paths.scratch',
    leastKb: 20_480,
    goodKb: 1_048_576,
    runsPrograms: false,
    isLocal: true,
  });
}
