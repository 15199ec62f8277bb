// A diagnosis in words: what happened, why, what to change, and the lines that prove it. Pure.

import { defined } from '@fairlead/kit';
import {
  type Diagnosis,
  type EngineSurroundings,
  type Evidence,
  fillText,
  surroundingNames,
  type Verdict,
} from '@fairlead/engines/failures';

export interface DiagnosisFacts {
  verdict: Verdict['kind'];
  id?: string;
  what: string;
  why?: string;
  cure?: string;
  retry?: boolean;
  otherNode?: boolean;
  evidence: readonly Evidence[];
  sources?: readonly string[];
  /** What an earlier start failed of. */
  before?: string;
  version?: string;
  starts: number;
}

const killedHint =
  'A process that is killed from outside (the kernel for its memory, Slurm at the time limit) writes nothing: the log of the job says it, and `fairlead explain <log> --exit-code <code>` takes the exit code into account.';

export function tellDiagnosis(
  { verdict, before, version, starts }: Diagnosis,
  surroundings?: EngineSurroundings,
): DiagnosisFacts {
  return {
    ...tellVerdict(verdict, surroundings),
    ...(before ? { before: tellVerdict(before, surroundings).what } : {}),
    ...defined({ version }),
    starts,
  };
}

function tellVerdict(verdict: Verdict, surroundings?: EngineSurroundings): Omit<DiagnosisFacts, 'starts'> {
  switch (verdict.kind) {
    case 'failed': {
      const { entry, evidence } = verdict;
      const fill = (text: string) => fillText(text, { ...surroundingNames(surroundings), ...verdict.names });
      const { id, retry, otherNode, sources } = entry;
      const texts = { what: fill(entry.what), why: fill(entry.why), cure: fill(entry.cure) };
      return { verdict: 'failed', id, ...texts, retry, otherNode, evidence, sources };
    }
    case 'unknown':
      return {
        verdict: 'unknown',
        what: 'a failure that Fairlead does not know',
        why: `The first error that says something is: ${verdict.said}`,
        cure: 'Read the lines around it. Please report the log: the catalogue grows by such logs.',
        evidence: verdict.evidence,
      };
    case 'stopped':
      return {
        verdict: 'stopped',
        what: 'it was told to end (SIGTERM or SIGINT), and nothing had failed before',
        evidence: verdict.evidence,
      };
    case 'serving': {
      const failed = verdict.requestErrors;
      const requests =
        failed === 0
          ? ''
          : `; ${failed} ${failed === 1 ? 'error of a request is' : 'errors of requests are'} no failure of the engine`;
      return {
        verdict: 'serving',
        what: `it became ready, and the log shows no end${requests}`,
        why: killedHint,
        evidence: verdict.evidence,
      };
    }
    case 'unfinished': {
      const phase = verdict.phase === undefined ? '' : ` (${verdict.phase})`;
      return {
        verdict: 'unfinished',
        what: `the log ends while the engine starts${phase}, and states no failure`,
        why: `It still starts, it hangs, or it was killed. ${killedHint}`,
        evidence: verdict.evidence,
      };
    }
    case 'empty':
      return {
        verdict: 'empty',
        what: 'Fairlead finds neither an engine nor a failure that it knows in this log',
        why: 'It reads logs of vLLM, and what Slurm, containers, shells and the kernel write beside them.',
        evidence: [],
      };
  }
}

export type Paint = (style: 'bold' | 'dim', text: string) => string;

export function diagnosisText(facts: DiagnosisFacts, paint: Paint): string {
  const { what, why, cure, evidence, before, version, starts } = facts;
  const rows: Array<[string, string | undefined]> = [
    ['why', why],
    ['change', cure],
    ['again', againWords(facts)],
    ['earlier', before === undefined ? undefined : `a start before this one failed: ${before}`],
    ['engine', engineWords(version, starts)],
    ['entry', facts.id === undefined ? undefined : [facts.id, ...(facts.sources ?? [])].join(', ')],
  ];
  const told = rows.flatMap(([key, text]) => (text === undefined ? [] : [`${key.padEnd(8)} ${text}`]));
  const proof = evidence.map(({ line, text }) => paint('dim', `  ${line === undefined ? '' : `${line}: `}${text}`));
  return [paint('bold', what), '', ...told, ...(proof.length > 0 ? ['', 'Lines that say so:', ...proof] : [])].join(
    '\n',
  );
}

function againWords({ retry, otherNode }: DiagnosisFacts): string | undefined {
  if (retry === undefined) return undefined;
  const node = otherNode === true ? 'another node may help' : 'another node does not help';
  return `${retry ? 'the same start may go better the next time' : 'the same start fails again'}; ${node}`;
}

function engineWords(version: string | undefined, starts: number): string | undefined {
  if (version === undefined) return undefined;
  return `vLLM ${version}${starts > 1 ? `, started ${starts} times in this log; this is about the last start` : ''}`;
}
