// docs/configuration.md from the schema of fairlead.yaml: every setting with its type, what it means and an example, and one file that has them all.

import { z } from 'zod';
import { stringify } from 'yaml';

import { fairleadConfig } from '@fairlead/protocol';

interface Node {
  type?: string;
  description?: string;
  examples?: unknown[];
  enum?: string[];
  items?: Node;
  anyOf?: Node[];
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  required?: string[];
}

/** What stands for the keys a user chooses. */
const CHOSEN: Readonly<Record<string, string>> = { clusters: 'mycluster', presets: 'qwen' };

export function renderConfigurationPage(): string {
  return `# Configuration

Settings come from, the later the stronger: \`~/.config/fairlead/config.yaml\`, the nearest \`fairlead.yaml\` from the working
directory upwards, \`FAIRLEAD_DEFAULT_CLUSTER\` and \`FAIRLEAD_SET\` (\`path=value;path=value\`), and \`--set path=value\`. With
\`--config\` or \`FAIRLEAD_CONFIG\` that one file stands for both files. \`fairlead init\` writes the first one; \`fairlead config\`
prints what is in force and where each value came from.

An unknown key, a wrong type or a wrong value is an error that names the setting. \`fairlead config schema\` prints the JSON Schema
([fairlead.schema.json](fairlead.schema.json)); with \`# yaml-language-server: $schema=<its path>\` as the first line, editors complete it.

\`--set\` of \`deploy\` reads a path that does not begin at the top of the file as one of the cluster: \`--set slurm.partition=gpu\`.
A key that holds a dot is quoted or escaped: \`--set 'presets."qwen-2.5".gpus=2'\`.

## Settings

${renderNode('', schemaOf())}
## A file with every setting

Most sites need five of these lines: \`fairlead init\` writes them.

\`\`\`yaml
${stringify(exampleConfig()).trim()}
\`\`\`
`;
}

/** Every setting at once, with the first of its examples. */
export function exampleConfig(): unknown {
  return exampleOf(schemaOf(), '');
}

/** Settings that lack a description, or an example where they are no section. */
export function undocumentedSettings(): string[] {
  const missing: string[] = [];
  walk(schemaOf(), '', (path, node) => {
    if (path !== '' && (!node.description || (!isSection(node) && !node.examples?.length))) missing.push(path);
  });
  return missing;
}

function schemaOf(): Node {
  return onlyOne(z.toJSONSchema(fairleadConfig, { io: 'input', reused: 'inline' }) as Node);
}

/** A setting that is one mapping or a list of them is shown as the mapping; its description says the rest. */
function onlyOne(node: Node): Node {
  const [one, many] = node.anyOf ?? [];
  if (one?.properties && many?.type === 'array') {
    const { anyOf: _, ...rest } = node;
    return onlyOne({ ...one, ...rest });
  }
  const inner = Object.entries(node.properties ?? {}).map(([key, child]) => [key, onlyOne(child)] as const);
  return node.properties ? { ...node, properties: Object.fromEntries(inner) } : node;
}

function isSection(node: Node): boolean {
  return node.properties !== undefined || (chosenIn(node) !== undefined && !node.examples);
}

/** The section that stands under each key a user chooses; undefined for other mappings. */
function chosenIn({ additionalProperties }: Node): Node | undefined {
  return typeof additionalProperties === 'object' && additionalProperties.properties ? additionalProperties : undefined;
}

function childrenOf(node: Node, path: string): Array<[string, Node]> {
  const chosen = chosenIn(node);
  if (chosen) return [[`${path}.<name>`, { ...chosen, description: node.description ?? '' }]];
  return Object.entries(node.properties ?? {}).map(([key, child]) => [path === '' ? key : `${path}.${key}`, child]);
}

function walk(node: Node, path: string, visit: (path: string, node: Node) => void): void {
  visit(path, node);
  for (const [name, child] of childrenOf(node, path)) walk(child, name, visit);
}

function renderNode(path: string, node: Node): string {
  const children = childrenOf(node, path);
  const settings = children.filter(([, child]) => !isSection(child));
  const sections = children.filter(([, child]) => isSection(child));
  const head = path === '' || chosenIn(node) ? '' : `### \`${path}\`\n\n${node.description ?? ''}\n\n`;
  const rows = settings.map(
    ([name, child]) =>
      `| \`${name.split('.').at(-1)}\`${node.required?.includes(name) ? ' (needed)' : ''} | ${typeOf(child)} | ${cell(child.description ?? '')} | \`${cell(JSON.stringify(child.examples?.[0]) ?? '')}\` |`,
  );
  const table =
    rows.length === 0 ? '' : `| setting | type | what | example |\n|---|---|---|---|\n${rows.join('\n')}\n\n`;
  return head + table + sections.map(([name, child]) => renderNode(name, child)).join('');
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items?.type ?? 'values'}s`;
  if (node.type === 'object') return 'mapping';
  return node.type ?? 'any';
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function exampleOf(node: Node, key: string): unknown {
  if (node.examples?.length) return node.examples[0];
  const chosen = chosenIn(node);
  if (chosen) return { [CHOSEN[key] ?? 'name']: exampleOf(chosen, key) };
  return Object.fromEntries(
    Object.entries(node.properties ?? {}).map(([name, child]) => [name, exampleOf(child, name)]),
  );
}
