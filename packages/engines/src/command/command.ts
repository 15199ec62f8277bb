// The engine kind `command`: the user's own command for a server with OpenAI's API, on a socket or a loopback port that the agent chooses.

import { openAiRoutes } from '@fairlead/openai-wire';
import { z } from 'zod';
import type { EngineCheck, EngineKind, EnginePlace, EngineSettings, EngineWanted } from '../port/engine-kind.ts';
import { fillPlaceholders, namesPlaceholder } from '../port/placeholders.ts';
import { readOptions } from '../port/read-options.ts';

const options = z.strictObject({
  health: z
    .string()
    .regex(/^\/[!-~]*$/, 'must be a path that begins with /')
    .optional()
    .meta({
      description: 'Path that answers 200 when the server is ready. Default `/v1/models`.',
      examples: ['/health'],
    }),
});

const noKey =
  'Any process on the compute node can use this server, because it listens on a port and takes no key. Give it {socket} in place of {port}; or, if it can check a key, give it {apiKey} in a variable of engines.command.env.';

export const command: EngineKind = {
  name: 'command',
  title: 'a server of your own',
  description:
    "Any server with OpenAI's API, started by your own command on a socket or a loopback port that the agent chooses.",
  options,
  examples: {
    command: ['python3', 'serve.py', '--model', '{model}', '--port', '{port}'],
    args: ['--threads', '8'],
    env: { SERVE_API_KEY: '{apiKey}' },
  },
  defaultGpus: 1,
  program: { kind: 'configured' },
  secretFlags: ['--api-key', '--hf-token'],
  caches: [],
  routes: openAiRoutes,
  check: checkCommand,
  listens: (wanted) => (namesPlaceholder(wordsOf(wanted), 'port') ? 'port' : 'socket'),
  plan(wanted, place) {
    const values = valuesOf(wanted, place);
    const fill = (word: string) => fillPlaceholders(word, values);
    return {
      argv: [...(wanted.command ?? []), ...wanted.args].map(fill),
      env: Object.fromEntries(
        Object.entries(wanted.env).map(([name, value]) => [
          name,
          fillPlaceholders(value, { ...values, apiKey: place.engineKey.reveal() }),
        ]),
      ),
    };
  },
  probe: (wanted) => ({ healthPath: readOptions('command', options, wanted.options).health ?? '/v1/models' }),
  guard: guardOf,
  parsePhase: () => undefined,
};

function valuesOf({ model, servedModel, gpus, nodes }: EngineWanted, place: EnginePlace): Record<string, string> {
  return {
    model,
    servedModel,
    gpus: String(gpus),
    nodes: String(nodes),
    socket: place.socket,
    port: place.port,
    node: place.nodePath,
  };
}

/** All words that may hold a placeholder. */
function wordsOf({ command: words = [], args, env }: EngineSettings): string[] {
  return [...words, ...args, ...Object.values(env)];
}

function guardOf(settings: EngineSettings): 'socket' | 'key' | 'none' {
  const words = wordsOf(settings);
  if (!namesPlaceholder(words, 'port')) return 'socket';
  return namesPlaceholder(words, 'apiKey') ? 'key' : 'none';
}

function checkCommand(settings: EngineSettings, model?: Named): EngineCheck {
  readOptions('command', options, settings.options);
  const { command: words, args } = settings;
  if (words === undefined) {
    const message = 'is needed: the program and its arguments, such as [python3, serve.py, --port, "{port}"]';
    return { problems: [{ path: 'command', message }], risks: [] };
  }
  const problems = [...listenProblems(settings), ...nameProblems(settings, model)];
  for (const [path, given] of Object.entries({ command: words, args }))
    if (namesPlaceholder(given, 'apiKey'))
      problems.push({
        path,
        message: 'every user of the node can read arguments: put {apiKey} into a variable of engines.command.env',
      });
  return { problems, risks: guardOf(settings) === 'none' ? [noKey] : [] };
}

type Named = Pick<EngineWanted, 'model' | 'servedModel'>;

/** Safe in a shell: another user's preset may name the model, and the command may pass a word to a shell. */
const plainName = /^[\w./:@+=,-]*$/;

function nameProblems(settings: EngineSettings, named: Named | undefined): EngineCheck['problems'] {
  return Object.entries({ model: named?.model ?? '', servedModel: named?.servedModel ?? '' })
    .filter(([name, value]) => namesPlaceholder(wordsOf(settings), name) && !plainName.test(value))
    .map(([name, value]) => ({
      path: 'command',
      message: `cannot put ${JSON.stringify(value)} for {${name}}: it may hold only letters, digits and _ . / : @ + = , -`,
    }));
}

function listenProblems(settings: EngineSettings): EngineCheck['problems'] {
  const words = wordsOf(settings);
  const [hasPort, hasSocket] = [namesPlaceholder(words, 'port'), namesPlaceholder(words, 'socket')];
  if (hasPort && hasSocket)
    return [
      {
        path: 'command',
        message: 'names both {port} and {socket}, but the agent uses only one of them: leave one out',
      },
    ];
  if (hasPort || hasSocket) return [];
  const message =
    'does not say where to listen: write {port}, for which the agent puts a free port, or {socket}, for which it puts the path of a socket';
  return [{ path: 'command', message }];
}
