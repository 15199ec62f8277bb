// Puts the leading agent together and runs it to its end: engine, front, supervisor, two links to the bastion, control.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makeCertificate, type OwnCertificate } from '@fairlead/carrier';
import { type Clock, defined, detach, errorText, openTimeLimit, Scope, untilAborted, untilOver } from '@fairlead/kit';
import { type AgentHello, ourVersions, type InstanceSpec } from '@fairlead/protocol';
import { endOwnJob, type JobIdentity, type JobNodes, readJobIdentity, visibleGpus } from '@fairlead/scheduler';
import type { AgentDeps } from './agent-deps.ts';
import { openBastionLinks } from './bastion-link/open-bastion-links.ts';
import { type ControlLink, openControlLink } from './control-link/control-link.ts';
import { auditOnce } from './engine/audit-guard.ts';
import { createOneTokenProbe } from './engine/complete-one-token.ts';
import { type Engine, openEngine } from './engine/open-engine.ts';
import { type ExitName, isGoodEnd } from './exit-code.ts';
import { type Front, openFront } from './front/front.ts';
import { openNodeDoor } from './front/open-node-door.ts';
import { createProber, type ProbeEvent } from './health/prober.ts';
import { type InstanceFacts, loadOf, reportOf } from './instance-facts.ts';
import { openAudit } from './job/append-audit.ts';
import { openScratch } from './job/open-scratch.ts';
import { openConnectionWriter } from './job/write-connection-files.ts';
import { LeaderNodes } from './nodes/leader/open-nodes.ts';
import { openSpread, type Spread } from './nodes/leader/open-spread.ts';
import { openMetrics, type OpenMetrics } from './metrics/open-metrics.ts';
import { learnFromSite } from './learn-from-site.ts';
import { passSignals } from './pass-signals.ts';
import { createPublisher, type Publisher } from './publish.ts';
import { openStartMemory } from './progress/start-memory.ts';
import { openRequestLog, type RequestLog } from './request-log/request-log.ts';
import { policyOf } from './supervisor/policy-of.ts';
import { createSupervisor, type Supervisor, type SupervisorInput } from './supervisor/supervisor.ts';
import { firstState, type SupervisorPolicy } from './supervisor/supervisor-state.ts';
import { viewState } from './supervisor/view-state.ts';

/** For the last report and the last event to reach control. */
const farewellMs = 2_000;
/** Also for the first connections to the bastion: an engine may fail before they are up. */
const failureFarewellMs = 3_000;
const retryAfterSeconds = 30;

/** `hosts`: undefined for a job of one node. Resolves with how it ended, when nothing of it is left on the node. */
export async function runLeader(spec: InstanceSpec, hosts: JobNodes | undefined, deps: AgentDeps): Promise<ExitName> {
  await using scope = new Scope();
  const job = readJobIdentity(deps.env);
  const facts = firstFacts(deps, { supervisor: () => supervisor, nodes: () => nodes });
  const policy = policyOf(spec, job.startMs ?? deps.clock.now());
  const audit = scope.use(openAudit(join(spec.jobDir, 'audit.jsonl'), deps.log, deps.clock));
  const files = scope.use(openConnectionWriter(spec.jobDir, deps.log));
  const directory = scope.use(await openScratch(spec, deps));
  const engine = scope.use(
    await openEngine({
      ...deps,
      spec,
      rank: 0,
      directory,
      onPhase: (seen) => supervisor.dispatch({ type: 'engine.phase', ...seen }),
      onNote: (message) => publisher.note({ kind: 'engine.planned', message }),
      nodesSeen: () => nodes?.interfaces(),
    }),
  );
  const stats = () => front.stats;
  const readOthers = async () => (await nodes?.measure()) ?? [];
  const observed: OpenMetrics = scope.use(
    await openMetrics({ spec, deps, directory, engine, facts, stats, readOthers }),
  );
  const requests = scope.use(await openRequestLog({ ...deps, spec, jobId: job.jobId, node: deps.hostname }));
  const own = spec.endToEnd && makeCertificate();
  const front: Front = scope.use(openEngineFront(spec, deps, { engine, observed, requests, own }));
  const door = scope.use(await openNodeDoor(front, directory.path));
  facts.nodeSocket = door.path;
  const control = scope.use(openControl({ spec, deps, job, facts, front, own, supervisor: () => supervisor }));
  const publisher = createPublisher({ spec, job, deps, facts, audit, files, control, metrics: observed.metrics });
  const ended = Promise.withResolvers<ExitName>();
  const parts = { spec, deps, job, engine, publisher };
  const nodes: LeaderNodes | undefined =
    hosts && scope.use(openNodes({ ...parts, hosts, supervisor: () => supervisor }));
  const spread = scope.use(openSpread({ nodes, engine, deps }));
  const supervisor = openSupervisor({ ...parts, facts, policy, spread, nodes, front, onExit: ended.resolve });
  scope.use(openLinks({ spec, deps, job, front, control, publisher, observed, supervisor }));
  scope.defer(passSignals({ spec, deps, job, nodes, supervisor }));
  scope.defer(deps.onSurprise((error) => reportFault(error, { publisher, control, clock: deps.clock })));
  const over = new AbortController();
  scope.defer(() => over.abort(new Error('the agent has ended')));
  learnFromSite({ spec, deps, job, policy, publisher, supervisor }, over.signal);
  noteStart(publisher, { deps, job, own });
  supervisor.dispatch({ type: 'start.due' });
  const exit = await ended.promise;
  await takeLeave(exit, { spec, deps, job, spread, engine, control });
  return exit;
}

interface LeaveParts {
  spec: InstanceSpec;
  deps: AgentDeps;
  job: JobIdentity;
  spread: AsyncDisposable;
  engine: Engine;
  control: ControlLink;
}

/** The last report does not wait for the end of what stays between two engines: Slurm may end this agent before that. */
async function takeLeave(exit: ExitName, { spec, deps, job, spread, engine, control }: LeaveParts): Promise<void> {
  const tell = async () => {
    await loggedWithin(engine, { clock: deps.clock, limitMs: farewellMs });
    await sayFarewell(exit, { control, clock: deps.clock });
  };
  await Promise.all([spread[Symbol.asyncDispose](), tell()]);
  if (exit === 'node_lost') await endOwnJob(deps.run, { ...job, cluster: spec.slurm?.cluster });
}

interface LinksParts {
  spec: InstanceSpec;
  deps: AgentDeps;
  job: JobIdentity;
  front: Front;
  control: ControlLink;
  publisher: Publisher;
  observed: OpenMetrics;
  supervisor: Supervisor;
}

function openLinks({ spec, deps, job, front, control, publisher, observed, supervisor }: LinksParts): AsyncDisposable {
  return openBastionLinks({
    spec,
    restart: job.restart,
    deps,
    acceptData: (stream) => front.accept(stream),
    acceptControl: (stream) => control.accept(stream),
    onEndpoints: (endpoints) => publisher.learn({ endpoints }),
    note: (kind, message) => publisher.note({ kind, message }),
    metrics: observed.metrics,
    onHopeless: ({ message, hint }) => supervisor.dispatch({ type: 'tunnel.hopeless', message, ...defined({ hint }) }),
  });
}

interface StartParts {
  deps: AgentDeps;
  job: JobIdentity;
  own: OwnCertificate | undefined;
}

function noteStart(publisher: Publisher, { deps, job, own }: StartParts): void {
  if (own) deps.say(`end to end: the certificate of this start is ${own.fingerprint}`);
  const message = `agent ${deps.agentVersion} runs job ${job.jobId} on ${deps.hostname}`;
  publisher.note({ kind: 'agent.started', message });
}

interface NodesParts {
  spec: InstanceSpec;
  deps: AgentDeps;
  job: JobIdentity;
  hosts: JobNodes;
  engine: Engine;
  publisher: Publisher;
  supervisor: () => Supervisor;
}

function openNodes({ spec, deps, job, hosts, engine, publisher, supervisor }: NodesParts): LeaderNodes {
  return new LeaderNodes({
    ...deps,
    spec,
    job,
    nodes: hosts,
    ownVersion: engine.version,
    onChange: () => publisher.learn({}),
    onNote: (note) => publisher.note(note),
    onMissing: (missing) => supervisor().dispatch({ type: 'nodes.missing', ...missing }),
  });
}

/** Waits, at most `limitMs`, until the engine's last output is in its log. */
async function loggedWithin(
  engine: { logged(): Promise<void> },
  { clock, limitMs }: { clock: Clock; limitMs: number },
): Promise<void> {
  using limit = openTimeLimit(clock, limitMs);
  await untilOver(untilAborted(engine.logged(), limit.signal), limit.signal);
}

/** Delivers the last report. After a failure it also waits for a first connection to control, which may come later than the failure. */
async function sayFarewell(exit: ExitName, { control, clock }: { control: ControlLink; clock: Clock }): Promise<void> {
  const waits = !isGoodEnd(exit) && exit !== 'tunnel_hopeless';
  using limit = openTimeLimit(clock, waits ? failureFarewellMs : farewellMs);
  await control.farewell(limit.signal, { waits });
}

/** Tells control of a fault of ours at once, with its cause. Does not ask the supervisor, which may be what failed. */
async function reportFault(
  error: unknown,
  { publisher, control, clock }: { publisher: Publisher; control: ControlLink; clock: Clock },
): Promise<void> {
  const message = `the agent itself failed: ${errorText(error)}`;
  const hint =
    'This is a fault of Fairlead. `fairlead logs --source agent` has the details; deploy again, and report it.';
  publisher.note({ kind: 'instance.failed', message });
  publisher.learn({ state: { status: 'failed', cause: { code: 'agent_failed', message, hint } } });
  using limit = openTimeLimit(clock, farewellMs);
  await control.farewell(limit.signal);
}

interface FactsParts {
  supervisor: () => Supervisor;
  nodes: () => LeaderNodes | undefined;
}

function firstFacts(deps: AgentDeps, { supervisor, nodes }: FactsParts): InstanceFacts {
  return {
    state: viewState(firstState),
    host: deps.hostname,
    gpus: visibleGpus(deps.env).map((id) => `gpu ${id}`),
    get others() {
      return nodes()?.seen ?? [];
    },
    endpoints: [],
    get deadlineMs() {
      return supervisor().state.deadlineMs;
    },
    pressure: undefined,
    metrics: undefined,
    nodeSocket: undefined,
  };
}

interface FrontParts {
  engine: Engine;
  observed: OpenMetrics;
  requests: RequestLog;
  /** Absent: no encryption but SSH's. */
  own: OwnCertificate | undefined;
}

function openEngineFront(
  { apiKey, endToEnd }: InstanceSpec,
  deps: AgentDeps,
  { engine, observed, requests: { tap }, own }: FrontParts,
): Front {
  const { address: engineAddress, engineKey, kind } = engine;
  const { metrics, address: metricsAddress } = observed;
  return openFront({
    ...deps,
    engineAddress,
    metricsAddress,
    ...(engine.beside && { dashboard: engine.beside.dashboard }),
    routes: kind.routes,
    apiKey,
    engineKey,
    onRecord: metrics.observe,
    tap,
    endToEnd: own && { own, plain: endToEnd?.plain ?? true },
  });
}

/** Of every part of the engine. Resolves with the places. */
async function saveReports(
  reason: string,
  pids: readonly number[],
  { engine, nodes }: Pick<SupervisorParts, 'engine' | 'nodes'>,
): Promise<string> {
  const [own, others] = await Promise.all([engine.saveHangReport(reason, pids), nodes?.report(reason)]);
  return [own, ...(others ?? [])].join(', ');
}

interface SupervisorParts {
  spec: InstanceSpec;
  deps: AgentDeps;
  facts: InstanceFacts;
  policy: SupervisorPolicy;
  engine: Engine;
  spread: Spread;
  nodes: LeaderNodes | undefined;
  front: Front;
  publisher: Publisher;
  onExit: (exit: ExitName) => void;
}

function openSupervisor(parts: SupervisorParts): Supervisor {
  const { spec, deps, facts, policy, engine, spread, nodes, front, publisher, onExit } = parts;
  const audit = auditOnce(engine, deps, (message) => publisher.note({ kind: 'engine.exposed', message }));
  const prober = createProber({
    checkHealth: engine.checkHealth,
    readMetrics: engine.readMetrics,
    completeOneToken: createOneTokenProbe(engine.client, spec.servedModel),
    pieces: () => front.stats.generatedPieces,
    health: spec.health,
    clock: deps.clock,
    log: deps.log,
    report(report) {
      if (report.type === 'probe.succeeded') audit();
      // The end of a part on any node: it is told with its cause.
      if (spread.explains(report.type)) return;
      supervisor.dispatch(inputOf(report, engine));
    },
    onMetrics: (metrics) => (facts.metrics = metrics),
  });
  const starts = openStartMemory({ spec, deps, note: (message) => publisher.note({ kind: 'start.timed', message }) });
  const supervisor = createSupervisor({
    ...deps,
    policy: () => policy,
    restart: spec.health,
    spawnEngine: spread.spawn,
    explainExit: engine.explainExit,
    saveHangReport: (reason, pids) => saveReports(reason, pids, { engine, nodes }),
    explainSilence: engine.explainSilence,
    prober,
    front: {
      admit: (mode) => front.admit(mode),
      drain: () => {
        front.startDraining(retryAfterSeconds);
        detach(front.idle().then(() => supervisor.dispatch({ type: 'front.idle' })));
      },
      cut: () => front.cutAll(),
    },
    onChange: (state) => publisher.learn({ state: starts.view(state) }),
    onNote: (note) => publisher.note(note),
    onExit,
  });
  return supervisor;
}

/** An engine whose server is closed and whose process is still there. */
const notEnded = { code: null, signal: null };

function inputOf(report: ProbeEvent, { explainExit }: Engine): SupervisorInput {
  switch (report.type) {
    case 'probe.answering':
      return { type: 'engine.phase', phase: 'probing' };
    case 'probe.closed':
      return { type: 'probe.closed', failure: explainExit(notEnded) };
    case 'probe.succeeded':
    case 'probe.doubtful':
    case 'probe.hung':
    case 'probe.broken':
      return report;
  }
}

interface ControlParts {
  spec: InstanceSpec;
  deps: AgentDeps;
  job: JobIdentity;
  facts: InstanceFacts;
  front: Front;
  own: OwnCertificate | undefined;
  supervisor: () => Supervisor;
}

function openControl({ spec, deps, job, facts, front, own, supervisor }: ControlParts): ControlLink {
  const hello: AgentHello = {
    type: 'agent.hello',
    protocol: ourVersions,
    agentVersion: deps.agentVersion,
    instanceId: spec.instanceId,
    deployment: spec.deployment,
    jobId: job.jobId,
    restart: job.restart,
    processId: randomUUID(),
    hostname: deps.hostname,
    apiKey: spec.apiKey,
    ...(own && { endToEnd: { fingerprint: own.fingerprint, plain: spec.endToEnd?.plain ?? true } }),
  };
  return openControlLink({
    certificate: spec.controlCertificate,
    enrolmentToken: spec.enrolmentToken,
    hello,
    jobDir: spec.jobDir,
    nodes: spec.engine.nodes,
    clock: deps.clock,
    log: deps.log,
    report: () => reportOf(facts, spec, front.inFlight),
    load: () => loadOf(facts, front.inFlight),
    onDrain: (order) => supervisor().dispatch({ type: 'drain.ordered', ...order }),
    onStop: () => supervisor().dispatch({ type: 'stop.ordered' }),
    onFenced: (message) => supervisor().dispatch({ type: 'instance.fenced', message }),
    onLinked: (linked, why) => {
      deps.log.info({ op: 'control.link', ok: linked }, why);
      deps.say(linked ? `registered at ${why}` : `control is away: ${why}`);
    },
  });
}
