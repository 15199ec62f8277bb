// Builds an engine's environment on a cluster, tries it on a compute node, and only then gives it its name.

import type { FairleadConfig, NamedCluster } from '@fairlead/config';
import { type EngineKind, findEngineKind } from '@fairlead/engines';
import { CodedError, defined } from '@fairlead/kit';
import { join } from 'node:path/posix';

import { jobShell } from '../host/job-shell.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { WorkEvent } from '../launch-event.ts';
import type { LocalMachine, Run } from '../machine.ts';
import { planDeployment } from '../plan/plan-deployment.ts';
import { openSite, type Site } from '../site/open-site.ts';
import { streamEvents } from '../stream-events.ts';
import { buildArguments, installScript, publishScript } from './build-script.ts';
import { explainBuildFailure } from './explain-build-failure.ts';
import { refuseTrial } from './judge-trial.ts';
import { planSetup, type SetupPlan, type SetupWish, refuseRelative } from './plan-setup.ts';
import { setupFactsScript, parseSetupFacts } from './setup-facts.ts';
import { tryEnvironment } from './try-environment.ts';

export interface SetupRequest extends SetupWish {
  cluster: NamedCluster;
  engine: string;
  /** Whether a short job tries it on a compute node. */
  isTried: boolean;
  /** Of that job. Absent: as a deployment that names no number has. 0: PyTorch need not see any. */
  gpus?: number | undefined;
  /** How long that job may wait in the queue. */
  waitSeconds: number;
}

export type SetupEvent =
  | WorkEvent
  | { type: 'setup.planned'; host: string; plan: SetupPlan }
  | { type: 'setup.step'; step: 'venv' | 'install' | 'pull' }
  /** A line of the installer, or what is waited for: for people who watch. */
  | { type: 'setup.words'; words: string }
  | { type: 'setup.built'; place: string; version: string | undefined; sizeBytes: number }
  | { type: 'setup.trial'; jobId: string }
  | { type: 'setup.tried'; host: string; words: string; gpus: number | undefined }
  /** It has its name. The last event; `command` is for `engines.<name>.command`. */
  | { type: 'setup.done'; command: readonly string[]; version: string | undefined; sizeBytes: number };

const askTimeoutMs = 60_000;

/**
 * Begins with the first `next()`. Ends with `setup.done`. The signal, leaving the loop and a lost connection end the installer and the
 * trial's job; the next call goes on with what is built. Throws a CodedError, and the signal's reason.
 */
export function setUp(
  { machine, config }: { machine: LocalMachine; config: FairleadConfig },
  request: SetupRequest,
  signal: AbortSignal,
): AsyncGenerator<SetupEvent, void, undefined> {
  return streamEvents<SetupEvent>(signal, ({ tell }, own) =>
    runSetUp(request, config, { ...machine, signal: own, tell }),
  );
}

async function runSetUp(request: SetupRequest, config: FairleadConfig, run: Run<SetupEvent>): Promise<void> {
  const kind = findEngineKind(request.engine);
  const { name, config: cluster } = request.cluster;
  const { transfer = cluster.login } = cluster;
  const there = { name, config: { ...cluster, ...(transfer && { login: transfer }) } };
  await using builder = await openSite(there, run);
  const plan = await planOn(builder, { kind, request, run });
  run.tell({ type: 'setup.planned', host: builder.host.label, plan });
  const built = await buildOn(builder, plan, run);
  run.tell({ type: 'setup.built', place: built.place, version: built.version, sizeBytes: built.sizeBytes });
  if (request.isTried && !built.isPublished) {
    if (transfer === cluster.login) await tryOn(builder, { plan, built, kind, request, config, run });
    else {
      await using site = await openSite(request.cluster, run);
      await tryOn(site, { plan, built, kind, request, config, run });
    }
  }
  await publish(builder, plan, run.signal);
  run.tell({ type: 'setup.done', command: plan.command, version: built.version, sizeBytes: built.sizeBytes });
}

async function planOn(
  { host, cluster, paths }: Site,
  { kind, request, run }: { kind: EngineKind; request: SetupRequest; run: Run<SetupEvent> },
): Promise<SetupPlan> {
  const directory = request.directory ?? paths.environments;
  refuseRelative(directory, kind.title, host.label);
  const argv = jobShell(cluster.config, { script: setupFactsScript, args: [directory ?? ''] });
  const asked = await host.runner.run(argv, { timeoutMs: askTimeoutMs, signal: run.signal });
  const facts = parseSetupFacts(asked.stdout);
  if (facts) return planSetup(kind, { ...request, directory }, facts, host.label);
  throw new CodedError<LaunchErrorCode>(
    'remote_unfit',
    `cannot set up ${kind.title} on ${host.label} because a login shell there did not come to its end: ${asked.stderr.trim().slice(-300)}`,
    { hint: '`fairlead doctor` says which line of the prologue fails.' },
  );
}

interface Built {
  place: string;
  version: string | undefined;
  sizeBytes: number;
  /** It was there and has its name, so it was tried. */
  isPublished: boolean;
}

async function buildOn({ host, cluster }: Site, plan: SetupPlan, run: Run<SetupEvent>): Promise<Built> {
  const answers = new Map<string, string>();
  const words: string[] = [];
  const { code } = await host.runLeashed(
    jobShell(cluster.config, { script: installScript(plan), args: buildArguments(plan) }),
    {
      signal: run.signal,
      onLine(line) {
        const [, what, rest = ''] = /^fl (\w+) ?(.*)$/.exec(line) ?? [];
        if (what === undefined) {
          words.push(line);
          if (words.length > 40) words.shift();
          run.tell({ type: 'setup.words', words: line.slice(0, 160) });
        } else answers.set(what, rest);
        if (what === 'step') run.tell({ type: 'setup.step', step: rest as 'venv' | 'install' | 'pull' });
      },
    },
  );
  const place = answers.get('built');
  if (code === 0 && place !== undefined) {
    const version = answers.get('version') || undefined;
    const sizeBytes = Number(answers.get('sizeKb')) * 1024;
    return { place, version, sizeBytes, isPublished: answers.has('published') };
  }
  if (answers.has('busy'))
    throw new CodedError<LaunchErrorCode>(
      'setup_failed',
      `cannot set up ${plan.what} on ${host.label} because another setup builds it in ${plan.directory} right now`,
      { hint: 'Wait until it is finished, and run this again.' },
    );
  throw explainBuildFailure(plan, host.label, words);
}

interface Trying {
  plan: SetupPlan;
  built: Built;
  kind: EngineKind;
  request: SetupRequest;
  config: FairleadConfig;
  run: Run<SetupEvent>;
}

async function tryOn(site: Site, { plan, built, kind, request, config, run }: Trying): Promise<void> {
  const wanted = {
    what: 'org/model',
    engine: kind.name,
    name: 'setup',
    plan: false,
    ...defined({ gpus: request.gpus }),
  };
  const resources = planDeployment(wanted, config, site.cluster.config);
  const isVenv = plan.method !== 'container';
  const [program = '', ...rest] = plan.command;
  const serve = isVenv ? [join(built.place, 'bin', program.split('/').at(-1) ?? ''), ...rest] : plan.command;
  const report = await tryEnvironment(
    site,
    {
      plan: resources,
      python: isVenv ? join(built.place, 'bin/python') : '',
      versionCommand: kind.version?.command(serve) ?? serve,
      waitSeconds: request.waitSeconds,
      onSubmitted: (jobId) => run.tell({ type: 'setup.trial', jobId }),
      onWaiting: (words) => run.tell({ type: 'setup.words', words }),
    },
    run,
  );
  const refusal = refuseTrial(report, { what: built.place, gpus: resources.gpus });
  if (refusal) throw refusal;
  run.tell({ type: 'setup.tried', host: report.host, words: report.said.at(-1) ?? '', gpus: report.gpus });
}

async function publish({ host }: Site, plan: SetupPlan, signal: AbortSignal): Promise<void> {
  const { code, stderr } = await host.runner.run(['sh', '-c', publishScript, 'sh', ...buildArguments(plan)], {
    signal,
  });
  if (code === 0) return;
  throw new CodedError<LaunchErrorCode>(
    'setup_failed',
    `cannot name ${plan.name} in ${plan.directory}: ${stderr.trim().slice(-300)}`,
    { hint: 'If a folder of that name is there, move it away, and run `fairlead setup` again.' },
  );
}
