// Decides why an engine ended, from how it ended and what it said last. Pure. Exit codes alone say nothing: a vLLM
// whose core died exits with 0 (real-vLLM measurements, docs/architecture.md).

import { defined } from '@fairlead/kit';
import { nodeFailures } from '../catalogue/catalogue.ts';
import type { EngineSurroundings, FailureEntry } from '../catalogue/failure-entry.ts';
import { fillText, surroundingNames } from '../catalogue/fill-text.ts';
import { createLogJudge } from '../diagnose/log-judge.ts';
import type { Diagnosis, ProcessEnd, Verdict } from '../diagnose/verdict.ts';
import type { EngineFailure } from './engine-failure.ts';
import type { FailureWords } from './failure-words.ts';

export interface EngineEnd extends ProcessEnd {
  /** The engine's last lines, oldest first. */
  lines: readonly string[];
  /** What a judge that saw every line says. Default: what these lines say. */
  diagnosis?: Diagnosis;
  surroundings: EngineSurroundings;
}

const maxLastLines = 20;
const messageLimit = 600;

export function classifyFailure(end: EngineEnd, words: FailureWords): EngineFailure {
  const lastLines = end.lines.filter((line) => line.trim() !== '').slice(-maxLastLines);
  const { verdict } = end.diagnosis ?? diagnose(end, words);
  const { message, hint, known } = wordsOf(verdict, end);
  const told = hint ?? exitHint(end, words);
  return {
    message,
    ...defined({ hint: told }),
    fatal: end.code === 2 || (known !== undefined && !known.retry),
    lastLines,
    ...(known && { known: known.id }),
  };
}

/** The whole catalogue for an engine with words of its own, or of a node alone. */
export function entriesFor({ known }: FailureWords): readonly FailureEntry[] {
  return [...nodeFailures, ...known];
}

function diagnose(end: EngineEnd, words: FailureWords): Diagnosis {
  const judge = createLogJudge({ entries: entriesFor(words) });
  for (const line of end.lines) judge.push(line);
  return judge.diagnose(end);
}

interface Words {
  message: string;
  hint?: string;
  known?: FailureEntry;
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
  // The engine's own words say least where a process of it is gone.
  const isGone = known.topic === 'process' && known.rank === 'consequence';
  const message =
    isGone || said.startsWith('the cgroup ')
      ? `${fillText(known.what, all)}; ${end.code === 0 ? 'the engine then ended with exit code 0' : how}`
      : `${how}: ${said.slice(0, messageLimit)}`;
  return { message, hint, known };
}

const gpuNames = nodeFailures.find(({ id }) => id === 'gpu-names')!;

/** Where GPUs are given by names, vLLM's own sentence about that may be lost and only a misleading one left. */
function suspectOf(known: FailureEntry, { surroundings }: EngineEnd): FailureEntry {
  const hasNames = /(?:^|,)\s*(?:MIG|GPU)-/.test(surroundings.gpus);
  return hasNames && known.id === 'architecture-not-inspected' ? gpuNames : known;
}

function describeExit({ code, signal }: EngineEnd): string {
  if (signal !== null) return `the engine was killed by ${signal}`;
  if (code === 0) return 'the engine ended by itself (exit code 0)';
  return `the engine failed (exit code ${code})`;
}

/** A program around the engine that left it behind is the cause where the engine itself wrote nothing. */
function exitHint({ code, lines, surroundings }: EngineEnd, { ownLine }: FailureWords): string | undefined {
  if (code !== 0 || (ownLine && lines.some((line) => ownLine.test(line)))) return undefined;
  return `A script in \`engines.${surroundings.engine}.command\` has to end with \`exec\` of the engine, or to stay until the engine ends and exit with its code.`;
}
