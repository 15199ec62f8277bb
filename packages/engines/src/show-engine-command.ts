// The command line of an engine for display before the start: names in place of the values that only the node knows.

import { Secret } from '@fairlead/kit';
import { findEngineKind } from './engine-kinds.ts';
import type { EnginePlace, EngineWanted } from './port/engine-kind.ts';

const place: EnginePlace = {
  nodePath: '<node>',
  engineSim: ['<simulator>'],
  directory: '<directory>',
  socket: '<socket>',
  port: '<port>',
  engineKey: new Secret('<key>'),
};

export function showEngineCommand(engine: string, wanted: EngineWanted): string[] {
  const { argv, optional } = findEngineKind(engine).plan(wanted, place);
  return [...argv, ...(optional?.words ?? [])];
}
