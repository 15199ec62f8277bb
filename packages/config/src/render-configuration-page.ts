// Renders docs/configuration.md from the schema of fairlead.yaml: every setting with its type, meaning and example, and one file with all settings.

import { z } from 'zod';
import { stringify } from 'yaml';

import { fairleadConfig } from './fairlead-config.ts';
import { freeSettings } from './project/project-settings.ts';

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

/** Example names for keys that a user chooses. */
const chosenNames: Readonly<Record<string, string>> = { clusters: 'mycluster', presets: 'qwen' };

export function renderConfigurationPage(): string {
  return `# Configuration

Settings come from, the later the stronger: \`~/.config/fairlead/config.yaml\`, the nearest \`fairlead.yaml\` from the working
directory upwards ([with limits](#a-projects-file)), \`FAIRLEAD_DEFAULT_CLUSTER\` and \`FAIRLEAD_SET\` (\`path=value;path=value\`), and \`--set path=value\`. With
\`--config\` or \`FAIRLEAD_CONFIG\` that one file stands for both files. \`fairlead init\` writes the first one; \`fairlead config\`
prints what is in force and where each value came from.

An unknown key, a wrong type or a wrong value is an error that names the setting. \`fairlead config schema\` prints the JSON Schema
([fairlead.schema.json](fairlead.schema.json)); with \`# yaml-language-server: $schema=<its path>\` as the first line, editors complete it.

\`--set\` of \`deploy\` reads a path that does not begin at the top of the file as one of the cluster: \`--set slurm.partition=gpu\`.
A key that holds a dot is quoted or escaped: \`--set 'presets."qwen-2.5".gpus=2'\`.

## A project's file

A \`fairlead.yaml\` can come from someone else: out of a cloned repository, or from another user who may write into a folder above
yours. So it counts only where you alone decide what it says:

- It is looked for from the working directory upwards to your home; outside of your home up to the border of the file system.
- The file, its folder, and every folder above it up to there must belong to you or to root (under \`sudo\` also to the user who called it),
  and no other user may write them. A folder above with the sticky bit, such as \`/tmp\`, may be written by all; the folder of the file may not.
  What a group may write is taken where the group is your primary one, has your name, and has no other member. Where the name is a link,
  the same holds for what it leads to.
- What is refused is said on stderr with the reason, and is not opened. A pipe, a device or a folder of that name is an error at once.

Before you have trusted it, only these settings of it count; the others are named on stderr (they run commands, name files, or say where to log in):

${freeSettings.map((path) => `- \`${path.replaceAll('*', '<name>')}\``).join('\n')}

\`fairlead config trust [file]\` lets all of it count, wherever it lies, as long as its content is the one that you trusted; \`deploy\` at a
terminal asks. After a change it has to be trusted again. \`fairlead config untrust [file]\` takes that back. The list is in
\`~/.local/state/fairlead/trusted-configs.json\`. \`deploy\` names the files whose settings are in force.

## Paths on the cluster

\`~\` and \`$VAR\` (\`\${VAR}\`) in \`paths\`, \`tokenFile\`, \`node\`, \`slurm.binDir\`, the program of \`engines.<name>.command\`, and in values of \`env\` that begin with one
of them, mean what they mean in a login shell of your account on the cluster. They are expanded once, before anything is made of them; \`doctor\` and \`deploy\` see the
same paths. A variable that is not set there is an error that names the setting. What only a job has (\`TMPDIR\`, \`SLURM_JOB_ID\`) cannot stand there; without \`paths.scratch\` a job
takes the \`TMPDIR\` of its node. Lines of \`prologue\` are shell and are left to the shell.

## Settings

${renderNode('', schemaOf())}
## A file with every setting

Most sites need five of these lines: \`fairlead init\` writes them.

\`\`\`yaml
${stringify(exampleConfig()).trim()}
\`\`\`
`;
}

/** A configuration with every setting, each with its first example. */
export function exampleConfig(): unknown {
  return exampleOf(schemaOf(), '');
}

/** The settings that lack a description, or an example if they are no section. */
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

/** Shows a setting that is one mapping or a list of mappings as the mapping; its description mentions the list. */
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

/** The section below each key that a user chooses; undefined for other mappings. */
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
      `| \`${name.split('.').at(-1)}\`${node.required?.includes(name) ? ' (required)' : ''} | ${typeOf(child)} | ${cell(child.description ?? '')} | \`${cell(JSON.stringify(child.examples?.[0]) ?? '')}\` |`,
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
  if (chosen) return { [chosenNames[key] ?? 'name']: exampleOf(chosen, key) };
  return Object.fromEntries(
    Object.entries(node.properties ?? {}).map(([name, child]) => [name, exampleOf(child, name)]),
  );
}
