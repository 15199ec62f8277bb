// `fairlead why <name>`: why a deployment failed, does not become ready, or had to be started again. Control knows the cause; the
// logs have the evidence.

import { findEngineKind } from '@fairlead/engines';
import { createLogJudge, type Diagnosis, judgeRanks, type LogJudge } from '@fairlead/engines/failures';
import { defined, errorText } from '@fairlead/kit';
import { readLog } from '@fairlead/launch';
import {
  type DeploymentView,
  type EndCauseCode,
  type EventView,
  type InstanceState,
  leadInstance,
} from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { type DiagnosisFacts, diagnosisText, type Paint, tellDiagnosis } from '../diagnosis/tell-diagnosis.ts';
import { pickDiagnosis, type Sources } from '../diagnosis/pick-diagnosis.ts';
import { launchDepsOf } from '../launch/launch-deps.ts';
import { renderEvent } from '../launch/render-event.ts';
import { openCliSession } from '../open-cli-session.ts';
import { stateWords } from './instance-words.ts';
import { readLastEvents } from './last-events.ts';

/** The end of a log holds the last start, unless that wrote more. */
const linesRead = 20_000;

export async function runWhy({ name }: { name: string }, context: Context): Promise<void> {
  const { output } = context;
  const { deployment, events } = await historyOf(name, context);
  const { id, state } = leadInstance(deployment);
  const trouble = lastTrouble(events, { id, state });
  const report = lastReport(events, id);
  const isAsked = trouble !== undefined || isForTheLogs(state);
  const found = isAsked ? pickDiagnosis(await diagnose(deployment, context), state, trouble) : undefined;
  const facts = found && tellDiagnosis(found.diagnosis, { engine: deployment.engine, gpus: '', interfaces: [] });
  output.result(
    {
      event: 'deployment.explained',
      ok: true,
      name,
      instance: id,
      state,
      ...(found && facts && { log: found.log, diagnosis: facts }),
      ...defined({ report }),
    },
    whyText({ name, state, facts, trouble, report }, (style, text) => output.style(style, text)),
  );
}

/** More than an engine's starts within its window of crashes have. */
const eventsRead = 200;

async function historyOf(name: string, context: Context) {
  await using session = await openCliSession(context);
  const deployment = await session.api.getDeployment(name, context.signal);
  const { events } = await readLastEvents({ name, count: eventsRead }, session.api, context.signal);
  return { deployment, events };
}

const troubles = new Set(['engine.exited', 'engine.hung', 'engine.spawn_failed']);

/** What the agent last told of an engine that it started again; of an instance that has ended, its cause says more. */
export function lastTrouble(
  events: readonly Pick<EventView, 'instanceId' | 'kind' | 'message'>[],
  { id, state }: { id: string; state: InstanceState },
): string | undefined {
  if ('cause' in state) return saysAll[state.cause.code] ? undefined : state.cause.message;
  return events.findLast(({ instanceId, kind }) => instanceId === id && troubles.has(kind))?.message;
}

/** Where the agent has saved what the engine showed when it hung last, in its own words. */
function lastReport(events: readonly EventView[], instance: string): string | undefined {
  return events.findLast(({ instanceId, kind }) => instanceId === instance && kind === 'engine.reported')?.message;
}

/** Whether a cause says all: an end that was wanted, or that Slurm ordered. */
const saysAll: Readonly<Record<EndCauseCode, boolean>> = {
  requested: true,
  deadline: true,
  cancelled: true,
  preempted: true,
  superseded: true,
  job_ended: false,
  agent_lost: false,
  node_lost: false,
  engine_start_failed: false,
  engine_never_ready: false,
  engine_crash_loop: false,
  agent_failed: false,
};

function isForTheLogs(state: InstanceState): boolean {
  if ('cause' in state) return !saysAll[state.cause.code];
  return state.status === 'starting' || state.status === 'degraded';
}

async function diagnose(deployment: DeploymentView, context: Context): Promise<Sources> {
  return {
    engine: await diagnoseSource('engine', deployment, context),
    job: await diagnoseSource('job', deployment, context),
  };
}

/** Undefined where that log is not there or cannot be read, which is told. */
async function diagnoseSource(
  source: 'engine' | 'job',
  { name, engine }: DeploymentView,
  context: Context,
): Promise<Diagnosis | undefined> {
  const { output, signal } = context;
  const kind = findEngineKind(engine);
  // One for each node: which of them failed first is for judgeRanks to say.
  const judges = new Map<number, LogJudge>();
  const judgeOf = (rank: number) => {
    const judge = judges.get(rank) ?? createLogJudge({ readPhase: (line) => kind.parsePhase(line)?.phase });
    judges.set(rank, judge);
    return judge;
  };
  try {
    for await (const event of readLog(
      await launchDepsOf(context),
      { name, source, node: 'all', lines: linesRead, follow: false },
      signal,
    )) {
      if (event.type !== 'log.lines') renderEvent(event, output);
      else for (const line of event.lines) judgeOf(event.node?.rank ?? 0).push(line);
    }
    if (judges.size === 0) judgeOf(0);
    return judgeRanks([...judges.values()].map((judge) => judge.diagnose())).diagnosis;
  } catch (error) {
    signal.throwIfAborted();
    output.warn(`cannot read the ${source} log of ${name}: ${errorText(error)}`);
    return undefined;
  }
}

interface Why {
  name: string;
  state: InstanceState;
  facts: DiagnosisFacts | undefined;
  trouble?: string | undefined;
  report?: string | undefined;
}

export function whyText({ name, state, facts, trouble, report }: Why, paint: Paint): string {
  const head = `${name}  ${stateWords(state)}`;
  const cause = 'cause' in state ? state.cause : undefined;
  const again =
    cause === undefined && trouble !== undefined ? `\nThe engine was started again. Before that: ${trouble}` : '';
  const saved = report === undefined ? '' : `\n\n${capitalized(report)}.`;
  if (facts) return `${head}${again}\n\n${diagnosisText(facts, paint)}${saved}`;
  const lines = cause?.lastLines?.map((line) => paint('dim', `  ${line}`)) ?? [];
  return [
    `${head}${again}`,
    ...(cause?.hint === undefined ? [] : ['', cause.hint]),
    ...(lines.length > 0 ? ['', ...lines] : []),
  ]
    .join('\n')
    .concat(saved);
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
