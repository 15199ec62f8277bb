// From a line of --json to its text, through the schema of its kind: it has the fields that programs may count on and no other.
// Loaded with --json alone.

import { encodeValue } from '@fairlead/protocol';

import { jsonLines, type JsonLine } from './lines/json-line.ts';

/** Leaves out fields that the schema does not name. Throws on a kind without a schema and on a value that breaks its schema: faults of ours. */
export function encodeJsonLine({ event, ...fields }: JsonLine): string {
  if (!Object.hasOwn(jsonLines, event))
    throw new TypeError(`cannot print a line of the kind ${event}: it has no schema`);
  return JSON.stringify({ event, ...encodeValue(jsonLines[event], fields as never) });
}
