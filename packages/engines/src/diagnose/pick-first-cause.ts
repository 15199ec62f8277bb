// Which of several logs, of the ranks of one engine, tells why it failed. Pure. A rank that lost another says so at once and in many
// words, often before the one that failed has written its own: so what a log says decides, and time only between equals.

import type { Diagnosis, Verdict } from './verdict.ts';

/** The index of the log whose verdict is that of all. Of no logs -1. */
export function pickFirstCause(diagnoses: readonly Diagnosis[]): number {
  const [first] = diagnoses
    .map(({ verdict }, index) => ({ index, weight: weightOf(verdict), at: timeOf(verdict) }))
    .toSorted((a, b) => b.weight - a.weight || a.at.localeCompare(b.at) || a.index - b.index);
  return first?.index ?? -1;
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

const weights = { cause: 9, ownEnd: 8, causeElsewhere: 7, lostAnother: 6, wrapper: 5 };

function weightOfFailure({
  entry: { rank = 'cause', elsewhere = false },
}: Extract<Verdict, { kind: 'failed' }>): number {
  if (rank === 'cause') return elsewhere ? weights.causeElsewhere : weights.cause;
  if (rank === 'consequence') return elsewhere ? weights.lostAnother : weights.ownEnd;
  return weights.wrapper;
}

/** As the log has it: `11-21 02:00:31`. A line without a time comes last. */
function timeOf(verdict: Verdict): string {
  const [line] = 'evidence' in verdict ? verdict.evidence : [];
  const [, day, time] = /(?<!\d)(\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(line?.text ?? '') ?? [];
  return day === undefined ? '~' : `${day} ${time}`;
}
