// What the program does with its arguments: reads the spec, opens the log, runs the agent, says how it ended.

import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { countBuffersAsHeap, errorText, isCodedError, systemClock, visibleText } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import type { AgentDeps } from './agent-deps.ts';
import { agentVersion } from './agent-version.ts';
import { exits, type ExitName } from './exit-code.ts';
import { logFileOf } from './job/log-file.ts';
import { rankOf } from './nodes/nodes-of-job.ts';
import { readSpec } from './job/read-spec.ts';
import { askProgram } from '@fairlead/scheduler';
import { runAgent } from './run-agent.ts';
import { type AgentLog, openAgentLog } from './open-agent-log.ts';

const usage = `usage: agent --spec FILE [--engine-sim FILE]
       agent --version

Serves one instance: starts its engine, brings it to the bastion, ends with the job.
  --spec FILE        the instance spec, readable by its owner alone
  --engine-sim FILE  the simulator's program (default: engine-sim.mjs beside this file)
`;

type OnSurprise = AgentDeps['onSurprise'];

const goodByeTimeoutMs = 5_000;

/** Resolves with the exit code; exit-code.ts says what each means. */
export async function main(process: NodeJS.Process, onSignal: AgentDeps['onSignal']): Promise<number> {
  // All agents of a job write into its log.
  let who = '';
  const say = (line: string) => process.stdout.write(`${new Date().toISOString()} ${who}${line}\n`);
  // EPIPE, or a full disk below the job's log: these lines are for people, and agent.log has them too.
  process.stdout.on('error', () => undefined);
  const args = readArguments(process.argv.slice(2));
  if (!args.ok) {
    process.stderr.write(`${visibleText(args.message)}\n\n${usage}`);
    return exits.usage.code;
  }
  if (args.print !== undefined) {
    process.stdout.write(args.print);
    return exits.ended.code;
  }
  countBuffersAsHeap(process.versions.node);
  let spec: InstanceSpec;
  try {
    spec = await readSpec(args.spec);
  } catch (error) {
    say(describeFailure(error));
    return exits.spec_unreadable.code;
  }
  const rank = rankOf(spec, process.env);
  if (rank > 0) who = `${hostname()} (rank ${rank}): `;
  const logFile = logFileOf('agent', { nodes: spec.engine.nodes, rank });
  const agentLog = openAgentLog(join(spec.jobDir, logFile), process.env['FAIRLEAD_AGENT_LOG'] ?? 'info');
  const onSurprise = endOnSurprise(process, agentLog, say);
  const exit = await run(spec, { process, onSignal, onSurprise, agentLog, say, engineSim: args.engineSim });
  agentLog.log.info({ op: 'agent.exit', exit, code: exits[exit].code }, exits[exit].meaning);
  say(`exit ${exits[exit].code} (${exit}): ${exits[exit].meaning}`);
  agentLog.flush();
  return exits[exit].code;
}

interface Surroundings {
  process: NodeJS.Process;
  onSignal: AgentDeps['onSignal'];
  onSurprise: OnSurprise;
  agentLog: AgentLog;
  say: (line: string) => void;
  engineSim: readonly string[];
}

async function run(spec: InstanceSpec, surroundings: Surroundings): Promise<ExitName> {
  const { process, onSignal, onSurprise, agentLog, say, engineSim } = surroundings;
  const { log } = agentLog;
  try {
    return await runAgent(spec, {
      env: process.env,
      hostname: hostname(),
      agentVersion,
      nodePath: process.execPath,
      engineSim,
      clock: systemClock,
      random: Math.random,
      log,
      say,
      run: askProgram,
      onSignal,
      onSurprise,
    });
  } catch (error) {
    log.error({ op: 'agent', ok: false, error: errorText(error) }, 'the agent failed');
    say(describeFailure(error));
    return 'agent_failed';
  }
}

type Arguments =
  | { ok: true; print: string }
  | { ok: true; print?: undefined; spec: string; engineSim: readonly string[] }
  | { ok: false; message: string };

function readArguments(argv: string[]): Arguments {
  const options = {
    spec: { type: 'string' },
    'engine-sim': { type: 'string' },
    version: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    const { values } = parseArgs({ args: argv, options, strict: true });
    if (values.help) return { ok: true, print: usage };
    if (values.version) return { ok: true, print: `${agentVersion}\n` };
    if (values.spec === undefined) return { ok: false, message: 'cannot start without --spec FILE' };
    return { ok: true, spec: values.spec, engineSim: simulatorWords(values['engine-sim']) };
  } catch (error) {
    return { ok: false, message: errorText(error) };
  }
}

function simulatorWords(given: string | undefined): string[] {
  const file = given === undefined ? join(import.meta.dirname, 'engine-sim.mjs') : resolve(given);
  return file.endsWith('.ts') ? ['--conditions=fairlead-source', file] : [file];
}

/** Ends the process after an uncaught error: it is logged and reported to control first. The engine's guard ends the engine. */
function endOnSurprise(process: NodeJS.Process, { log, flush }: AgentLog, say: (line: string) => void): OnSurprise {
  const listeners = new Set<(error: unknown) => Promise<void>>();
  let isEnding = false;
  const exit = () => {
    flush();
    process.exit(exits.agent_failed.code);
  };
  const end = (error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error({ op: 'agent', ok: false, error: errorText(error), stack });
    say(`the agent failed: ${errorText(error)}`);
    // An error while the first one is reported is its consequence.
    if (isEnding) return;
    isEnding = true;
    setTimeout(exit, goodByeTimeoutMs);
    Promise.all([...listeners].map((listener) => listener(error))).then(exit, exit);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  return (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
}

function describeFailure(error: unknown): string {
  const hint = isCodedError(error) && error.hint !== undefined ? `\n  ${error.hint}` : '';
  return `${errorText(error)}${hint}`;
}
