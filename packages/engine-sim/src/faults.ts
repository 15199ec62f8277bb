// The faults that the simulator can produce, and their notation: `name` or `name:argument[:argument]`.

import { type FailureName, failureNames } from './log/failures.ts';

/** Faults of the server: they work in every EngineSim. */
export type ServerFault =
  | { name: 'hang'; afterMs: number }
  | { name: 'cut'; token: number; times: number }
  | { name: 'stall'; token: number; times: number }
  | { name: 'status'; status: number; times: number };

/** Faults that need a process around the server. */
export type ProcessFault =
  | { name: 'start-failure'; failure: FailureName }
  | { name: 'never-ready' }
  | { name: 'exit'; code: number; afterMs: number }
  | { name: 'engine-death'; afterMs: number }
  | { name: 'lose-term'; times: number }
  | { name: 'hang-on-stop' }
  | { name: 'leave-child'; session: boolean }
  | { name: 'log'; megabytes: number };

export type Fault = ServerFault | ProcessFault;

export type ParsedFault = { ok: true; fault: Fault } | { ok: false; reason: string };

/** Usage lines for `--help`, in the order of the catalogue. */
export const faultUsage: Record<Fault['name'], string> = {
  'start-failure': `start-failure:NAME          die while starting; NAME is one of ${failureNames.join(', ')}`,
  'never-ready': 'never-ready                 start for ever',
  exit: 'exit[:CODE[:AFTER_MS]]      the process ends while serving (code 0)',
  'engine-death': 'engine-death[:AFTER_MS]     EngineCore dies while serving: error events, /health 503, exit 0',
  hang: 'hang[:AFTER_MS]             nothing is generated any more, /health stays 200, counters freeze',
  'lose-term': 'lose-term[:TIMES]           SIGTERM and SIGINT are lost (once)',
  'hang-on-stop': 'hang-on-stop                stops at "Waiting for connections to close." until the clients close',
  'leave-child': 'leave-child[:session]       a child survives in the process group (or in a session of its own)',
  cut: 'cut:TOKEN[:TIMES]           the connection is destroyed after so many tokens',
  stall: 'stall:TOKEN[:TIMES]         no more tokens after so many; the connection stays',
  status: 'status:CODE[:TIMES]         generating requests are answered with this status',
  log: 'log:MEGABYTES               prints so much log',
};

export function isServerFault(fault: Fault): fault is ServerFault {
  return fault.name === 'hang' || fault.name === 'cut' || fault.name === 'stall' || fault.name === 'status';
}

export function parseFault(text: string): ParsedFault {
  const [name = '', ...args] = text.split(':');
  const known = Object.hasOwn(faultUsage, name);
  if (!known) return refuse(`no fault is called '${name}'; there are ${Object.keys(faultUsage).join(', ')}`);
  const fault = readFault(name as Fault['name'], args);
  return fault ? { ok: true, fault } : refuse(`cannot read '${text}'; usage: ${faultUsage[name as Fault['name']]}`);
}

function readFault(name: Fault['name'], [first, second]: string[]): Fault | undefined {
  const one = readNumber(first);
  const afterMs = one ?? (first === undefined ? 0 : undefined);
  const times = second === undefined ? Infinity : readNumber(second);
  switch (name) {
    case 'start-failure':
      return isFailureName(first) ? { name, failure: first } : undefined;
    case 'never-ready':
    case 'hang-on-stop':
      return first === undefined ? { name } : undefined;
    case 'exit': {
      const code = one ?? 0;
      const exitAfterMs = second === undefined ? 0 : readNumber(second);
      return code <= 255 && exitAfterMs !== undefined ? { name, code, afterMs: exitAfterMs } : undefined;
    }
    case 'engine-death':
    case 'hang':
      return afterMs === undefined ? undefined : { name, afterMs };
    case 'lose-term':
      return { name, times: one ?? 1 };
    case 'leave-child':
      return first === undefined || first === 'session' ? { name, session: first === 'session' } : undefined;
    case 'cut':
    case 'stall':
      return one === undefined || times === undefined ? undefined : { name, token: one, times };
    case 'status':
      return one === undefined || one < 400 || one > 599 || times === undefined
        ? undefined
        : { name, status: one, times };
    case 'log':
      return one === undefined ? undefined : { name, megabytes: one };
  }
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function isFailureName(name: string | undefined): name is FailureName {
  return failureNames.some((known) => known === name);
}

function refuse(reason: string): ParsedFault {
  return { ok: false, reason };
}
