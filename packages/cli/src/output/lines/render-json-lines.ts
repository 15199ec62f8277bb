// The section of docs/cli.md on --json: every kind of line with its fields, and the commands that print it.

import { deploymentView, endpointRef, eventView, instanceNode, instanceState } from '@fairlead/protocol';
import type { z } from 'zod';

import { commandLines } from './command-lines.ts';
import { jsonLines, type LineName } from './json-line.ts';

/** Schemas of docs/openapi.json, under their names there. */
const named = new Map<z.core.$ZodType, string>([
  [deploymentView, 'Deployment'],
  [eventView, 'Event'],
  [instanceState, 'InstanceState'],
  [instanceNode, 'Node'],
]);

export function renderJsonLines(): string {
  const rows = (Object.keys(jsonLines) as LineName[]).map((name) => {
    const { description = '', shape } = jsonLines[name];
    return `| \`${name}\` | ${printedBy(name)} | ${description} | ${fieldsOf(shape)
      .map((field) => `\`${field}\``)
      .join(', ')} |`;
  });
  return `## JSON lines

With \`--json\` a command prints JSON on stdout, one object a line. The field \`event\` names the kind of the line; the last line is the result, or \`error\`. A program should skip kinds and fields that it does not know.
\`?\` marks a field that may be absent. Times (\`…Ms\`) are milliseconds since the epoch or, in \`step\` and \`answer\`, milliseconds that passed. ${[...named.values()].map((name) => `\`${name}\``).join(', ')} are schemas of [openapi.json](openapi.json);
\`EndpointRef\` is \`${words(endpointRef)}\`.

| line | printed by | what it says | fields besides \`event\` |
|---|---|---|---|
${rows.join('\n')}`;
}

/** Under the help of a command. Empty for a command that prints no line of its own. */
export function renderLinesOf(command: string): string {
  const names = commandLines[command] ?? [];
  return `With \`--json\` it prints [lines](#json-lines) of these kinds: ${[...names, 'error'].map((name) => `\`${name}\``).join(', ')}.`;
}

function printedBy(name: LineName): string {
  if (name === 'error') return 'all';
  return Object.keys(commandLines)
    .filter((command) => commandLines[command]?.includes(name))
    .join(', ');
}

function fieldsOf(shape: Readonly<Record<string, z.core.$ZodType>>): string[] {
  return Object.entries(shape).map(([name, schema]) =>
    schema._zod.optin === 'optional' ? `${name}?: ${words(schema)}` : `${name}: ${words(schema)}`,
  );
}

/** A schema as a reader of JSON sees it, in the notation of TypeScript, with *or* in place of the bar that would end a table's cell. */
function words(schema: z.core.$ZodType): string {
  const name = schema === endpointRef ? undefined : named.get(schema);
  if (name) return name;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return `{ ${fieldsOf(def.shape).join(', ')}${isLoose(def) ? ', …' : ''} }`;
  if (def.type === 'array') return def.element === endpointRef ? 'EndpointRef[]' : arrayOf(words(def.element));
  if (def.type === 'record') return `{ [name]: ${words(def.valueType)} }`;
  if (def.type === 'union') return def.options.map(words).join(' or ');
  if (def.type === 'nullable') return `${words(def.innerType)} or null`;
  if (def.type === 'optional' || def.type === 'catch') return words(def.innerType);
  if (def.type === 'pipe') return words(def.in);
  if (def.type === 'enum') return Object.values(def.entries).map(quoted).join(' or ');
  if (def.type === 'literal') return def.values.map(quoted).join(' or ');
  return def.type === 'unknown' ? 'any JSON' : def.type;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function isLoose(def: z.core.$ZodObjectDef): boolean {
  return def.catchall?._zod.def.type === 'unknown';
}

function arrayOf(element: string): string {
  return element.includes(' or ') && !element.startsWith('{') ? `(${element})[]` : `${element}[]`;
}
