// The engine kind `sim`: Fairlead's simulator, which answers as vLLM does, needs no GPU, and comes with the agent.

import { z } from 'zod';
import type { EngineKind, EnginePlace } from '../port/engine-kind.ts';
import { fillPlaceholders } from '../port/placeholders.ts';
import { readOptions } from '../port/read-options.ts';
import { rayContradictions, rayOptions } from '../ray/ray-options.ts';
import { nodeFallbacks, placeArguments } from '../vllm/over-nodes.ts';
import { serveArguments, rayOf, serveEnvironment, takenFlags, vllm } from '../vllm/vllm.ts';

const { argumentsOf: _argumentsOf, combine: _combine, ...likeVllm } = vllm;

const simOptions = z.strictObject(rayOptions);

export const sim: EngineKind = {
  ...likeVllm,
  name: 'sim',
  title: 'the simulator',
  description: "Fairlead's simulator: answers as vLLM does, without a GPU and without a model.",
  options: simOptions,
  examples: { command: ['{node}', '{engineSim}', 'serve'], args: ['--sim-decode-ms', '12'], env: {} },
  defaultGpus: 0,
  program: { kind: 'bundled' },
  caches: [],
  check: ({ args, options }) => ({
    problems: [...takenFlags(args), ...rayContradictions(readOptions('sim', simOptions, options))],
    risks: [],
  }),
  companionOf: (wanted) => rayOf(wanted, readOptions('sim', simOptions, wanted.options), ['ray']),
  plan: (wanted, place) => ({
    argv: serveArguments(programOf(wanted.command, place), wanted, [...wanted.args, ...placeArguments(place, wanted)]),
    env: serveEnvironment(place, wanted.env),
    fallbacks: nodeFallbacks(place),
  }),
};

/** In a configured command `{node}` is the agent's Node, and the word `{engineSim}` is the simulator's program. */
function programOf(command: readonly string[] | undefined, { nodePath, engineSim }: EnginePlace): string[] {
  const words = command ?? ['{node}', '{engineSim}', 'serve'];
  return words.flatMap((word) =>
    word === '{engineSim}' ? [...engineSim] : [fillPlaceholders(word, { node: nodePath })],
  );
}
