// Puts an agent together and runs it to its end: engine, front, supervisor, two links to the bastion, control.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { detach, errorText, Scope, untilAborted, untilOver } from '@fairlead/kit';
import { type AgentHello, OUR_VERSIONS } from '@fairlead/protocol';
import type { AgentDeps } from './agent-deps.ts';
import { openBastionLinks } from './bastion-link/open-bastion-links.ts';
import { type ControlLink, openControlLink } from './control-link/control-link.ts';
import { createOneTokenProbe } from './engine/complete-one-token.ts';
import { type Engine, openEngine } from './engine/open-engine.ts';
import { type ExitName, isGoodEnd } from './exit-code.ts';
import { type Front, openFront } from './front/front.ts';
import { createProber } from './health/prober.ts';
import { type InstanceFacts, loadOf, reportOf } from './instance-facts.ts';
import { openAudit } from './job/append-audit.ts';
import { type JobIdentity, readJobIdentity } from './job/job-identity.ts';
import { visibleGpus } from './job/list-gpus.ts';
import { openNodeDirectory } from './job/open-node-directory.ts';
import { readSlurmNotice } from './job/read-slurm-notice.ts';
import type { AgentSpec } from './job/read-spec.ts';
import { openConnectionWriter } from './job/write-connection-files.ts';
import { learnFromSite } from './learn-from-site.ts';
import { createPublisher, type Publisher } from './publish.ts';
import { policyOf } from './supervisor/policy-of.ts';
import { createSupervisor, type Supervisor } from './supervisor/supervisor.ts';
import { FIRST_STATE, type SupervisorPolicy } from './supervisor/supervisor-state.ts';
import { viewState } from './supervisor/view-state.ts';

/** For the last report and the last event to reach control. */
const FAREWELL_MS = 2_000;
/** Also for the first connections to the bastion: an engine may fail before they are up. */
const FAILURE_FAREWELL_MS = 3_000;
const RETRY_AFTER_SECONDS = 30;

/** Resolves with how it ended, when nothing of it is left on the node. */
export async function runAgent(spec: AgentSpec, deps: AgentDeps): Promise<ExitName> {
  await using scope = new Scope();
  const job = readJobIdentity(deps.env);
  const facts = firstFacts(job, deps);
  const policy = policyOf(spec);
  const audit = scope.use(openAudit(join(spec.jobDir, 'audit.jsonl'), deps.log, deps.clock));
  const files = scope.use(openConnectionWriter(spec.jobDir, deps.log));
  const directory = scope.use(await openNodeDirectory(scratchCandidates(spec, deps.env), deps));
  const engine = scope.use(
    await openEngine({
      ...deps,
      spec,
      directory,
      onPhase: (seen) => supervisor.dispatch({ type: 'engine.phase', ...seen }),
    }),
  );
  const front = scope.use(
    openFront({ ...deps, engineSocket: () => directory.socketPath, apiKey: spec.apiKey, engineKey: engine.engineKey }),
  );
  const control = scope.use(openControl({ spec, deps, job, facts, front, supervisor: () => supervisor }));
  const publisher = createPublisher({ spec, job, deps, facts, audit, files, control });
  const ended = Promise.withResolvers<ExitName>();
  const supervisor = openSupervisor({ spec, deps, facts, policy, engine, front, publisher, onExit: ended.resolve });
  scope.use(
    openBastionLinks({
      spec,
      restart: job.restart,
      deps,
      acceptData: (stream) => front.accept(stream),
      acceptControl: (stream) => control.accept(stream),
      onEndpoint: (endpoint) => publisher.learn({ endpoint }),
      note: (kind, message) => publisher.note({ kind, message }),
      onHopeless: ({ message, hint }) =>
        supervisor.dispatch({
          type: 'tunnel.hopeless',
          message,
          ...(hint === undefined ? {} : { hint }),
          ...until(facts),
        }),
    }),
  );
  scope.defer(
    deps.onSignal((signal) => {
      const why = signal === 'SIGTERM' ? readSlurmNotice(spec.jobDir, job.jobId) : undefined;
      supervisor.dispatch({ type: 'signal.received', signal, ...until(facts), ...(why ? { why } : {}) });
    }),
  );
  scope.defer(deps.onSurprise((error) => sayGoodBye(error, { publisher, control })));
  const over = new AbortController();
  scope.defer(() => over.abort(new Error('the agent has ended')));
  learnFromSite({ spec, deps, job, policy, publisher, supervisor }, over.signal);
  publisher.note({
    kind: 'agent.started',
    message: `agent ${deps.agentVersion} runs job ${job.jobId} on ${deps.hostname}`,
  });
  supervisor.dispatch({ type: 'start.due' });
  const exit = await ended.promise;
  const logLimit = AbortSignal.timeout(FAREWELL_MS);
  await untilOver(untilAborted(engine.logged(), logLimit), logLimit);
  const waits = !isGoodEnd(exit) && exit !== 'tunnel_hopeless';
  await control.farewell(AbortSignal.timeout(waits ? FAILURE_FAREWELL_MS : FAREWELL_MS), { waits });
  return exit;
}

/** Control hears of a fault of ours at once and with its cause, not by our silence. The supervisor may be what failed: it is not asked. */
async function sayGoodBye(
  error: unknown,
  { publisher, control }: { publisher: Publisher; control: ControlLink },
): Promise<void> {
  const message = `the agent itself failed: ${errorText(error)}`;
  const hint =
    'This is a fault of Fairlead. `fairlead logs --source agent` has the details; deploy again, and report it.';
  publisher.note({ kind: 'instance.failed', message });
  publisher.learn({ state: { status: 'failed', cause: { code: 'agent_failed', message, hint } } });
  await control.farewell(AbortSignal.timeout(FAREWELL_MS));
}

function firstFacts(job: JobIdentity, deps: AgentDeps): InstanceFacts {
  return {
    state: viewState(FIRST_STATE),
    gpus: visibleGpus(deps.env).map((id) => `gpu ${id}`),
    endpoint: undefined,
    deadlineMs: job.deadlineMs,
    metrics: undefined,
  };
}

function scratchCandidates(spec: AgentSpec, env: NodeJS.ProcessEnv): string[] {
  return [spec.scratchDir, env['TMPDIR'], '/tmp'].filter((path): path is string => path !== undefined && path !== '');
}

function until(facts: InstanceFacts): { deadlineMs?: number } {
  return facts.deadlineMs === undefined ? {} : { deadlineMs: facts.deadlineMs };
}

interface SupervisorParts {
  spec: AgentSpec;
  deps: AgentDeps;
  facts: InstanceFacts;
  policy: SupervisorPolicy;
  engine: Engine;
  front: Front;
  publisher: Publisher;
  onExit: (exit: ExitName) => void;
}

function openSupervisor({ spec, deps, facts, policy, engine, front, publisher, onExit }: SupervisorParts): Supervisor {
  const prober = createProber({
    client: engine.client,
    completeOneToken: createOneTokenProbe(engine.client, spec.servedModel),
    health: spec.health,
    clock: deps.clock,
    log: deps.log,
    report: (report) =>
      supervisor.dispatch(report.type === 'probe.answering' ? { type: 'engine.phase', phase: 'probing' } : report),
    onMetrics: (metrics) => (facts.metrics = metrics),
  });
  const supervisor = createSupervisor({
    ...deps,
    policy: () => policy,
    restart: spec.health,
    spawnEngine: engine.spawn,
    explainExit: engine.explainExit,
    explainSilence: engine.explainSilence,
    prober,
    front: {
      admit: (mode) => front.admit(mode),
      drain: () => {
        front.startDraining(RETRY_AFTER_SECONDS);
        detach(front.idle().then(() => supervisor.dispatch({ type: 'front.idle' })));
      },
      cut: () => front.cutAll(),
    },
    onChange: (state) => publisher.learn({ state: viewState(state) }),
    onNote: (note) => publisher.note(note),
    onExit,
  });
  return supervisor;
}

interface ControlParts {
  spec: AgentSpec;
  deps: AgentDeps;
  job: JobIdentity;
  facts: InstanceFacts;
  front: Front;
  supervisor: () => Supervisor;
}

function openControl({ spec, deps, job, facts, front, supervisor }: ControlParts): ControlLink {
  const hello: AgentHello = {
    type: 'agent.hello',
    protocol: OUR_VERSIONS,
    agentVersion: deps.agentVersion,
    instanceId: spec.instanceId,
    deployment: spec.deployment,
    jobId: job.jobId,
    restart: job.restart,
    processId: randomUUID(),
    hostname: deps.hostname,
    apiKey: spec.apiKey.reveal(),
  };
  return openControlLink({
    certificate: spec.controlCertificate,
    enrolmentToken: spec.enrolmentToken,
    hello,
    jobDir: spec.jobDir,
    clock: deps.clock,
    log: deps.log,
    report: () => reportOf(facts, spec, front.inFlight),
    load: () => loadOf(facts, front.inFlight),
    onDrain: (order) => supervisor().dispatch({ type: 'drain.ordered', ...order, ...until(facts) }),
    onStop: () => supervisor().dispatch({ type: 'stop.ordered' }),
    onFenced: (message) => supervisor().dispatch({ type: 'instance.fenced', message }),
    onLinked: (linked, why) => {
      deps.log.info({ op: 'control.link', ok: linked }, why);
      deps.say(linked ? `registered at ${why}` : `control is away: ${why}`);
    },
  });
}
