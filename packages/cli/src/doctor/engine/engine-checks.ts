// The engine's environment as the login host sees it: prologue, program, token, caches, model.

import { containerKinds, defaultEngine, type EngineKind, engineKinds, findEngineKind } from '@fairlead/engines';

import { findImage } from '@fairlead/launch';

import { type Check, passed } from '../check.ts';
import { willRunJob } from '../login/login-checks.ts';
import { modelWanted } from '../slurm/wanted-job.ts';
import type { Inspection } from '../inspection.ts';
import { askCache, askModel, askToken } from './engine-files.ts';
import { engineScript } from './engine-script.ts';
import { judgeEngine, judgeImage, judgePrologue, type ProgramWanted } from './judge-engine.ts';
import { runPrologue } from './run-prologue.ts';

export function engineChecks(needs: readonly string[]): Check[] {
  return [
    {
      id: 'engine.prologue',
      title: 'Engine: prologue',
      tried: "ran the configuration's prologue in a login shell, as a job would",
      needs,
      limitMs: 90_000,
      async run(inspection, signal) {
        const { config } = await inspection.cluster();
        const { answers, stderr } = await runPrologue(inspection, 'echo fl_end=yes', [], signal);
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
      async run(inspection, signal) {
        const { kind } = await engineWanted(inspection);
        const [cache] = kind.caches;
        return cache ? askCache(inspection, cache, signal) : passed(`${kind.title} keeps none that is known`);
      },
    },
    {
      id: 'engine.model',
      title: 'Engine: models on disk',
      tried: 'looked at models that are named by a path',
      needs,
      async run(inspection, signal) {
        const config = await inspection.config();
        const named = await modelWanted(inspection);
        const presets = Object.values(config.presets ?? {}).map(({ model }) => model);
        const paths = [...new Set([...(named ? [named.model] : []), ...presets])].filter((model) =>
          model.startsWith('/'),
        );
        return paths.length === 0 ? passed('none is named by a path') : askModel(inspection, paths, signal);
      },
    },
  ];
}

function programCheck(kind: EngineKind): Check {
  return {
    id: `engine.${kind.name}`,
    title: `Engine: ${kind.title}`,
    tried: 'looked for the program after the prologue, and asked for its version; of a container, for the image',
    needs: ['engine.prologue'],
    limitMs: 90_000,
    async run(inspection, signal) {
      const wanted = await programWanted(inspection, kind);
      const { container } = wanted;
      if (container)
        return judgeImage(container, await findImage(container.image, await inspection.login.host(), signal));
      if (wanted.command.length === 0) return passed(`engines.${kind.name} is not configured: it cannot be deployed`);
      const { answers } = await runPrologue(inspection, engineScript, scriptArguments(wanted), signal);
      return judgeEngine({ ...wanted, hasLastWord: willRunJob(inspection) }, answers);
    },
  };
}

type Wanted = Omit<ProgramWanted, 'hasLastWord'>;

/** The arguments of `engineScript`. */
export function scriptArguments({
  kind,
  command,
  container,
}: Pick<Wanted, 'kind' | 'command' | 'container'>): string[] {
  const { version } = kind;
  return version && !container ? [version.distribution, ...version.command(command)] : ['', ...command];
}

/** The engine that a job would need a program for: of the named model, else of the configuration, else the default. */
export async function engineWanted(inspection: Inspection): Promise<Wanted> {
  const { config } = await inspection.login.cluster();
  const model = await modelWanted(inspection);
  const named = model && findEngineKind(model.engine);
  const configured = engineKinds.filter(({ name }) => config.engines?.[name] !== undefined);
  const found = [named, ...configured].find((kind) => kind && kind.program.kind !== 'bundled');
  return programWanted(inspection, found ?? findEngineKind(defaultEngine));
}

async function programWanted(inspection: Inspection, kind: EngineKind): Promise<Wanted> {
  const { config } = await inspection.login.cluster();
  const own = kind.program.kind === 'installed' ? kind.program.command : [];
  const isNamed = config.engines?.[kind.name] !== undefined || (await isAskedFor(inspection, kind));
  const { command = own, container } = config.engines?.[kind.name] ?? {};
  if (!container) return { kind, command, isNamed };
  return { kind, command: [container.program ?? containerKinds[container.kind].program], isNamed, container };
}

async function isAskedFor(inspection: Inspection, kind: EngineKind): Promise<boolean> {
  return (await modelWanted(inspection))?.engine === kind.name;
}
