// Says that the connection was lost under running requests, and what became of them.

import type { OutageEvent } from '@fairlead/client';

import type { Output } from '../output/output.ts';

export function sayOutage(event: OutageEvent, output: Pick<Output, 'event'>): void {
  const { type, ...fields } = event;
  output.event(type, fields, outageWords(event));
}

export function outageWords(event: OutageEvent): string {
  const requests = event.requests === 1 ? '1 running request' : `${event.requests} running requests`;
  switch (event.type) {
    case 'requests.paused':
      return `lost the connection (${event.reason}); ${requests} wait${event.requests === 1 ? 's' : ''} for the next one`;
    case 'requests.resumed':
      return `the connection is back after ${seconds(event.outageMs)} s; ${requests} went on`;
    case 'requests.lost':
      return `the connection was lost for ${seconds(event.outageMs)} s, and ${requests} with it: ${event.reason}`;
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
