// Which of several logs, of the ranks of one engine, tells why it failed. Pure. A rank that lost another says so at once and in many
// words, often before the one that failed has written its own: so what a log says decides, and time only between equals.

import { failureCatalogue } from '../catalogue/engine-failures.ts';
import type { Diagnosis, Verdict } from './verdict.ts';

export interface RanksDiagnosis {
  /** Of the log that tells why. */
  index: number;
  diagnosis: Diagnosis;
}

/** `diagnoses`: of at least one log. */
export function judgeRanks(diagnoses: readonly Diagnosis[]): RanksDiagnosis {
  const times = withYears(diagnoses.map(({ verdict }) => timeOf(verdict)));
  const all = diagnoses.map((diagnosis, index) => {
    const { verdict } = diagnosis;
    return { index, diagnosis, weight: weightOf(verdict), at: times[index]! };
  });
  const [first] = all.toSorted((a, b) => b.weight - a.weight || a.at.localeCompare(b.at) || a.index - b.index);
  if (!first) throw new TypeError('there is no log to judge');
  // Ranks that are ended lose each other.
  const ordered = all.find(({ diagnosis, at }) => diagnosis.verdict.kind === 'stopped' && at <= first.at);
  if (ordered && first.weight <= weights.lostAnother) return ordered;
  const { index, diagnosis, weight } = first;
  if (weight < weights.wrapper) return { index, diagnosis: withFormer(diagnosis, diagnoses) };
  const versions = weight < weights.cause ? differentVersions(diagnoses) : undefined;
  return versions === undefined ? { index, diagnosis } : { index, diagnosis: { ...diagnosis, verdict: versions } };
}

/** With what a start before the last one failed of, on whatever rank. */
function withFormer({ before: _before, ...rest }: Diagnosis, diagnoses: readonly Diagnosis[]): Diagnosis {
  const former = diagnoses.flatMap(({ before, ...one }) => (before ? [{ ...one, verdict: before }] : []));
  return former.length === 0 ? rest : { ...rest, before: judgeRanks(former).diagnosis.verdict };
}

/** Whether the failure began on this rank, as far as its log says. */
export function isOwnCause(verdict: Verdict): boolean {
  return weightOf(verdict) >= weights.ownEnd;
}

/** Undefined where the logs have one version, as far as they say it. */
function differentVersions(diagnoses: readonly Diagnosis[]): Verdict | undefined {
  const versions = new Set(diagnoses.flatMap(({ version }) => version ?? []));
  const entry = failureCatalogue.find(({ id }) => id === 'nodes-differ');
  if (versions.size < 2 || !entry) return undefined;
  const said = `the logs are of vLLM ${[...versions].join(' and ')}`;
  return { kind: 'failed', entry, names: {}, said, evidence: [{ text: said }] };
}

/** More is nearer to the cause. */
function weightOf(verdict: Verdict): number {
  switch (verdict.kind) {
    case 'failed':
      return weightOfFailure(verdict);
    case 'unknown':
      return weights.ownEnd;
    // Ranks without requests never say that they are ready.
    case 'serving':
      return 4;
    case 'stopped':
      return 3;
    case 'unfinished':
      return 2;
    case 'empty':
      return 1;
  }
}

const weights = { cause: 9, ownEnd: 8, causeElsewhere: 7, lostAnother: 6, wrapper: 5 } as const;

function weightOfFailure({ entry }: Extract<Verdict, { kind: 'failed' }>): number {
  const { rank = 'cause' } = entry;
  const elsewhere = entry.elsewhere ?? false;
  if (rank === 'cause') return elsewhere ? weights.causeElsewhere : weights.cause;
  if (rank === 'consequence') return elsewhere ? weights.lostAnother : weights.ownEnd;
  return weights.wrapper;
}

const noTime = '~';

/** As the log has it: `11-21 02:00:31`. A line without a time comes last. */
function timeOf(verdict: Verdict): string {
  const [line] = 'evidence' in verdict ? verdict.evidence : [];
  const [, day, time] = /(?<!\d)(\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(line?.text ?? '') ?? [];
  return day === undefined ? noTime : `${day} ${time}`;
}

/** Logs name no year. Ranks of one engine fail within days of each other: where some did in December, those of January did later. */
function withYears(times: readonly string[]): string[] {
  const spansNewYear = times.some((time) => time.startsWith('12-'));
  return times.map((time) => (time === noTime ? time : `${spansNewYear && time.startsWith('01-') ? 1 : 0} ${time}`));
}
