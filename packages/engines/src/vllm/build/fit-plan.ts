// Fits the plan of a vLLM to the build on the node. Pure.

import type { EngineBuild, EngineBuildKind } from '../../port/engine-build.ts';
import type { EnginePlan, EngineWanted } from '../../port/engine-kind.ts';
import { namesFlag } from '../../port/flags.ts';
import { flagsByOption } from '../option-flags.ts';
import { fitArguments, hasFlag, isKnownVersion } from './fit-arguments.ts';
import { buildScript, readBuild } from './read-build.ts';

/** Between the end of the agent's own drain and SIGKILL; less than the least sensible `stopLimitSeconds`. */
const shutdownSeconds = 5;

/** What the agent asks every few seconds. */
const probedPaths = '/health,/metrics,/v1/models';

export const vllmBuild: EngineBuildKind = {
  script: buildScript,
  read: readBuild,
  isOwn: (serve) => serve.at(-1) === 'serve' || serve.some((word) => word.startsWith('vllm.entrypoints.')),
  fit: fitPlan,
};

function fitPlan(plan: EnginePlan, wanted: EngineWanted, build: EngineBuild): EnginePlan {
  const { optional } = plan;
  // Before the model's name come the words of the command, which may be those of a container.
  const start = (wanted.command ?? ['vllm', 'serve']).length + 1;
  const { words, notes } = fitArguments(plan.argv.slice(start), build, (flag) => settingOf(flag, wanted));
  const argv = [...plan.argv.slice(0, start), ...words, ...ownArguments(words, build)];
  const told = [...(plan.notes ?? []), ...notes];
  const knowsOptional = optional && hasFlag(build, optional.words[0] ?? '');
  if (!optional || knowsOptional === undefined) return { ...plan, argv, notes: told };
  if (knowsOptional) return { ...plan, argv: [...argv, ...optional.words], notes: told, optional: undefined };
  const note = `vLLM ${build.version} has no ${optional.words[0]}, which is left out, and ${optional.without}. ${optional.hint}`;
  return { ...plan, argv, notes: [...told, note], optional: undefined };
}

/** Flags that every start has where the build is known to take them. */
function ownArguments(words: readonly string[], build: EngineBuild): string[] {
  const isSure = build.flags !== undefined || isKnownVersion(build.version);
  const takes = (flag: string) => isSure && hasFlag(build, flag) === true && !namesFlag(words, flag);
  return [
    ...(takes('--shutdown-timeout') ? ['--shutdown-timeout', String(shutdownSeconds)] : []),
    ...(takes('--disable-access-log-for-endpoints') && !namesFlag(words, '--disable-uvicorn-access-log')
      ? ['--disable-access-log-for-endpoints', probedPaths]
      : []),
  ];
}

function settingOf(flag: string, { options, args }: EngineWanted): string {
  const option = Object.keys(options).find((name) => flagsByOption.get(name)?.includes(flag));
  if (namesFlag(args, flag)) return '`args` of engines.vllm or of the preset';
  return option === undefined ? 'the agent sets it' : `engines.vllm.${option}, or options.${option} of the preset`;
}
