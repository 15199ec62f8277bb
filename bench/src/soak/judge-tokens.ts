// Compares what a gateway has settled with what its clients saw and what the engines generated. Pure.

import type { Asked } from './ask-once.ts';

/** A row of the gateway's usage. */
export interface SettledRow {
  requestId: string;
  outcome: string;
  completionTokens: number;
}

export interface TokenFigures {
  /** By the gateway's rows. */
  settled: number;
  /** By the engines' own count. */
  generated: number;
  /** What was reserved by requests that came to no whole end, less what was settled of it: that much may be missing. */
  unsettledReserve: number;
  problems: string[];
}

const maxExamples = 5;

export function judgeTokens(
  asked: readonly Asked[],
  rows: readonly SettledRow[],
  { generated }: { generated: number },
): TokenFigures {
  const byId = new Map(rows.map((row) => [row.requestId, row]));
  const settled = rows.reduce((sum, { completionTokens }) => sum + completionTokens, 0);
  const whole = asked.filter(({ end }) => end === 'whole');
  const unsettledReserve = asked
    .filter(({ end }) => end !== 'whole')
    .reduce((sum, { wanted, requestId }) => sum + wanted - (byId.get(requestId ?? '')?.completionTokens ?? 0), 0);
  const forgotten = whole.filter(({ requestId }) => !byId.has(requestId ?? ''));
  const miscounted = whole.filter(({ requestId, got }) => {
    const row = byId.get(requestId ?? '');
    return row && (row.completionTokens !== got || row.outcome !== 'completed');
  });
  const difference = generated - settled;
  const problems = [
    ...examples(
      forgotten,
      (one) => `request ${one.requestId} is whole at its client, and not among the gateway's rows`,
    ),
    ...examples(miscounted, (one) => {
      const { completionTokens, outcome } = byId.get(one.requestId ?? '')!;
      return `request ${one.requestId} had ${one.got} tokens at its client, and is settled as ${completionTokens} (${outcome})`;
    }),
    ...(difference > unsettledReserve
      ? [
          `the engines generated ${difference} tokens more than were settled; the unsettled reserve is ${unsettledReserve}`,
        ]
      : []),
    ...(difference < 0 ? [`${-difference} tokens more were settled than the engines generated`] : []),
  ];
  return { settled, generated, unsettledReserve, problems };
}

function examples<Item>(items: readonly Item[], tell: (item: Item) => string): string[] {
  const more = items.length - maxExamples;
  return [...items.slice(0, maxExamples).map(tell), ...(more > 0 ? [`and ${more} more such requests`] : [])];
}
