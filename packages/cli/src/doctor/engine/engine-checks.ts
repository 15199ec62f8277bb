// The engine's environment as the login host sees it: prologue, program, token, caches, model.

import { DEFAULT_ENGINE, type EngineKind, engineKinds, findEngineKind } from '@fairlead/engines';

import { type Check, ok } from '../check.ts';
import { willRunJob } from '../login/login-checks.ts';
import { wantedOf } from '../slurm/wanted.ts';
import type { World } from '../world.ts';
import { askCache, askModel, askToken } from './engine-files.ts';
import { engineScript } from './engine-script.ts';
import { judgeEngine, judgePrologue, type ProgramWanted } from './judge-engine.ts';
import { runPrologue } from './run-prologue.ts';

export function engineChecks(needs: readonly string[]): Check[] {
  return [
    {
      id: 'engine.prologue',
      title: 'Engine: prologue',
      tried: "ran the configuration's prologue in a login shell, as a job would",
      needs,
      limitMs: 90_000,
      async run(world, signal) {
        const { config } = await world.cluster();
        const { answers, stderr } = await runPrologue(world, 'echo fl_end=yes', [], signal);
        return judgePrologue(config.prologue ?? [], answers, stderr);
      },
    },
    ...engineKinds.filter(({ program }) => program.kind !== 'bundled').map(programCheck),
    {
      id: 'engine.token',
      title: 'Engine: Hugging Face token',
      tried: 'looked at tokenFile, and who may read it',
      needs,
      run: askToken,
    },
    {
      id: 'engine.cache',
      title: "Engine: models' cache",
      tried: 'looked where fetched models would be kept, and how much fits',
      needs: ['engine.prologue'],
      limitMs: 90_000,
      async run(world, signal) {
        const { kind } = await engineWanted(world);
        const [cache] = kind.caches;
        return cache ? askCache(world, cache, signal) : ok(`${kind.title} keeps none that is known`);
      },
    },
    {
      id: 'engine.model',
      title: 'Engine: models on disk',
      tried: 'looked at models that are named by a path',
      needs,
      async run(world, signal) {
        const config = await world.config();
        const named = world.args.model === undefined ? [] : [(await wantedOf(world)).plan.model];
        const presets = Object.values(config.presets ?? {}).map(({ model }) => model);
        const paths = [...new Set([...named, ...presets])].filter((model) => model.startsWith('/'));
        return paths.length === 0 ? ok('none is named by a path') : askModel(world, paths, signal);
      },
    },
  ];
}

function programCheck(kind: EngineKind): Check {
  return {
    id: `engine.${kind.name}`,
    title: `Engine: ${kind.title}`,
    tried: 'looked for the program after the prologue, and asked for its version',
    needs: ['engine.prologue'],
    limitMs: 90_000,
    async run(world, signal) {
      const wanted = await programWanted(world, kind);
      if (wanted.command.length === 0) return ok(`engines.${kind.name} is not configured: it cannot be deployed`);
      const { answers } = await runPrologue(world, engineScript, scriptArguments(wanted), signal);
      return judgeEngine({ ...wanted, hasLastWord: willRunJob(world) }, answers);
    },
  };
}

type Wanted = Omit<ProgramWanted, 'hasLastWord'>;

/** The arguments of `engineScript`. */
export function scriptArguments({ kind, command }: Pick<Wanted, 'kind' | 'command'>): string[] {
  const { version } = kind;
  return version ? [version.distribution, ...version.command(command)] : ['', ...command];
}

/** The engine that a job would need a program for: of the named model, else of the configuration, else the default. */
export async function engineWanted(world: World): Promise<Wanted> {
  const { config } = await world.login.cluster();
  const named = world.args.model === undefined ? undefined : findEngineKind((await wantedOf(world)).plan.engine);
  const configured = engineKinds.filter(({ name }) => config.engines?.[name] !== undefined);
  const found = [named, ...configured].find((kind) => kind && kind.program.kind !== 'bundled');
  return programWanted(world, found ?? findEngineKind(DEFAULT_ENGINE));
}

async function programWanted(world: World, kind: EngineKind): Promise<Wanted> {
  const { config } = await world.login.cluster();
  const own = kind.program.kind === 'installed' ? kind.program.command : [];
  const isNamed = config.engines?.[kind.name] !== undefined || (await isAskedFor(world, kind));
  return { kind, command: config.engines?.[kind.name]?.command ?? own, isNamed };
}

async function isAskedFor(world: World, kind: EngineKind): Promise<boolean> {
  return world.args.model !== undefined && (await wantedOf(world)).plan.engine === kind.name;
}
