// Decides why an engine ended, from its exit and its last lines. Pure. The exit code alone is not enough: a vLLM
// whose core died exits with 0 (packages/engine-sim/measured.md, Signals and exit codes).

import { defined } from '@fairlead/kit';
import { failureWordsOf } from '../catalogue/engine-failures.ts';
import { nodeFailures } from '../catalogue/node-failures.ts';
import type { EngineSurroundings, FailureEntry } from '../catalogue/failure-entry.ts';
import { fillText, surroundingNames } from '../catalogue/fill-text.ts';
import { createLogJudge } from '../diagnose/log-judge.ts';
import { isOwnCause } from '../diagnose/judge-ranks.ts';
import type { Diagnosis, ProcessEnd, Verdict } from '../diagnose/verdict.ts';
import type { EngineFailure } from './engine-failure.ts';

export interface EngineEnd extends ProcessEnd {
  /** The engine's last lines, oldest first. */
  lines: readonly string[];
  /** The diagnosis of a judge that has read every line. Default: the diagnosis of `lines`. */
  diagnosis?: Diagnosis;
  surroundings: EngineSurroundings;
}

const maxLastLines = 20;
const messageLimit = 600;

export function classifyFailure(end: EngineEnd): EngineFailure {
  const lastLines = end.lines.filter((line) => line.trim() !== '').slice(-maxLastLines);
  const { verdict } = end.diagnosis ?? diagnose(end);
  const { message, hint, known, peer } = wordsOf(verdict, end);
  const told = hint ?? exitHint(end);
  return {
    message,
    ...defined({ hint: told }),
    fatal: end.code === 2 || (known !== undefined && !known.retry),
    lastLines,
    // Killed from outside: no consequence of another part's end.
    ...((end.signal !== null || isOwnCause(verdict)) && { ownCause: true }),
    ...(known && { known: known.id }),
    ...(known?.elsewhere && { peer: defined({ address: peer }) }),
  };
}

/** The entries for one engine, by the name of its kind: those of any node, then its own. */
export function entriesFor(engine: string): readonly FailureEntry[] {
  return [...nodeFailures, ...failureWordsOf(engine).known];
}

function diagnose(end: EngineEnd): Diagnosis {
  const judge = createLogJudge({ entries: entriesFor(end.surroundings.engine) });
  for (const line of end.lines) judge.push(line);
  return judge.diagnose(end);
}

interface Words {
  message: string;
  hint?: string;
  known?: FailureEntry;
  peer?: string | undefined;
}

function wordsOf(verdict: Verdict, end: EngineEnd): Words {
  const how = describeExit(end);
  if (verdict.kind === 'unknown') return { message: `${how}: ${verdict.said.slice(0, messageLimit)}` };
  if (verdict.kind !== 'failed') return { message: how };
  const { entry: known, names, said } = verdict;
  const all = { ...surroundingNames(end.surroundings), ...names };
  const { why, cure } = suspectOf(known, end);
  const hint = [why, cure].map((text) => fillText(text, all)).join(' ');
  if (said.startsWith('killed by ')) return { message: how, hint, known };
  // The engine's own words about a lost process of it say too little.
  const isGone = known.topic === 'process' && known.rank === 'consequence';
  const message =
    isGone || said.startsWith('the cgroup ')
      ? `${fillText(known.what, all)}; ${end.code === 0 ? 'the engine then ended with exit code 0' : how}`
      : `${how}: ${said.slice(0, messageLimit)}`;
  return { message, hint, known, peer: names['peer'] };
}

const gpuNames = nodeFailures.find(({ id }) => id === 'gpu-names')!;

/** If the job has GPUs by name, vLLM's sentence about that may be lost, and only a misleading one is left. */
function suspectOf(known: FailureEntry, { surroundings }: EngineEnd): FailureEntry {
  const hasNames = /(?:^|,)\s*(?:MIG|GPU)-/.test(surroundings.gpus);
  return hasNames && known.id === 'architecture-not-inspected' ? gpuNames : known;
}

function describeExit({ code, signal, isEnding }: EngineEnd): string {
  if (isEnding) return 'the engine then ends by itself';
  if (signal === null && code === null) return 'the engine takes no more connections';
  if (signal !== null) return `the engine was killed by ${signal}`;
  if (code === 0) return 'the engine ended by itself (exit code 0)';
  return `the engine failed (exit code ${code})`;
}

/** If the exit code is 0 and the engine itself wrote nothing, a script around it has left it behind. */
function exitHint({ code, lines, surroundings }: EngineEnd): string | undefined {
  const { ownLine } = failureWordsOf(surroundings.engine);
  if (code !== 0 || (ownLine && lines.some((line) => ownLine.test(line)))) return undefined;
  return `A script in \`engines.${surroundings.engine}.command\` must end with \`exec\` of the engine, or wait until the engine ends and exit with its code.`;
}
