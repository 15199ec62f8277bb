// `fairlead why <name>`: why a deployment failed or does not become ready. Control knows the cause; the logs have the evidence.

import { findEngineKind } from '@fairlead/engines';
import { createLogJudge, type Diagnosis } from '@fairlead/engines/failures';
import { errorText } from '@fairlead/kit';
import { readLog } from '@fairlead/launch';
import { type DeploymentView, type InstanceState, leadInstance } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { type DiagnosisFacts, diagnosisText, type Paint, tellDiagnosis } from '../diagnosis/tell-diagnosis.ts';
import { pickDiagnosis, type Sources } from '../diagnosis/pick-diagnosis.ts';
import { launchDepsOf } from '../launch/launch-deps.ts';
import { renderEvent } from '../launch/render-event.ts';
import { openCliSession } from '../open-cli-session.ts';
import { stateWords } from './instance-words.ts';

/** The end of a log holds the last start, unless that wrote more. */
const linesRead = 20_000;

export async function runWhy({ name }: { name: string }, context: Context): Promise<void> {
  const { output } = context;
  const deployment = await deploymentOf(name, context);
  const { id, state } = leadInstance(deployment);
  const found = isForTheLogs(state) ? pickDiagnosis(await diagnose(deployment, context), state) : undefined;
  const facts = found && tellDiagnosis(found.diagnosis, { engine: deployment.engine, gpus: '', interfaces: [] });
  output.result(
    {
      event: 'deployment.explained',
      ok: true,
      name,
      instance: id,
      state,
      ...(found && facts && { log: found.log, diagnosis: facts }),
    },
    whyText({ name, state, facts }, (style, text) => output.style(style, text)),
  );
}

async function deploymentOf(name: string, context: Context): Promise<DeploymentView> {
  await using session = await openCliSession(context);
  return await session.api.getDeployment(name, context.signal);
}

/** Causes that say all: an end that was wanted, or that Slurm ordered. */
const ownCauses = new Set(['requested', 'deadline', 'cancelled', 'preempted', 'superseded']);

function isForTheLogs(state: InstanceState): boolean {
  if ('cause' in state) return !ownCauses.has(state.cause.code);
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
  const judge = createLogJudge({ readPhase: (line) => kind.parsePhase(line)?.phase });
  try {
    for await (const event of readLog(
      await launchDepsOf(context),
      { name, source, lines: linesRead, follow: false },
      signal,
    )) {
      if (event.type !== 'log.lines') renderEvent(event, output);
      else for (const line of event.lines) judge.push(line);
    }
    return judge.diagnose();
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
}

export function whyText({ name, state, facts }: Why, paint: Paint): string {
  const head = `${name}  ${stateWords(state)}`;
  const cause = 'cause' in state ? state.cause : undefined;
  if (facts) return `${head}\n\n${diagnosisText(facts, paint)}`;
  const lines = cause?.lastLines?.map((line) => paint('dim', `  ${line}`)) ?? [];
  return [
    head,
    ...(cause?.hint === undefined ? [] : ['', cause.hint]),
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n');
}
