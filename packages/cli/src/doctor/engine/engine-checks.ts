// The engine's environment as the login host sees it: prologue, program, token, caches, model.

import { DEFAULT_COMMAND } from '../../plan/plan-deployment.ts';
import { type Check, ok } from '../check.ts';
import { willRunJob } from '../login/login-checks.ts';
import { wantedOf } from '../slurm/wanted.ts';
import type { World } from '../world.ts';
import { askCache, askModel, askToken } from './engine-files.ts';
import { ENGINE_SCRIPT } from './engine-script.ts';
import { type EngineWanted, judgeEngine, judgePrologue } from './judge-engine.ts';
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
    {
      id: 'engine.vllm',
      title: 'Engine: vLLM',
      tried: 'looked for the program after the prologue, and asked for its version',
      needs: ['engine.prologue'],
      limitMs: 90_000,
      async run(world, signal) {
        const wanted = await engineWanted(world);
        const { answers } = await runPrologue(world, ENGINE_SCRIPT, wanted.command, signal);
        return judgeEngine({ ...wanted, hasLastWord: willRunJob(world) }, answers);
      },
    },
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
      tried: 'looked where Hugging Face models would be kept, and how much fits',
      needs: ['engine.prologue'],
      limitMs: 90_000,
      run: askCache,
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

export async function engineWanted(world: World): Promise<Omit<EngineWanted, 'hasLastWord'>> {
  const { config } = await world.login.cluster();
  const isNamed = config.engines?.vllm !== undefined || (await isAskedFor(world));
  return { command: config.engines?.vllm?.command ?? DEFAULT_COMMAND.vllm, isNamed };
}

async function isAskedFor(world: World): Promise<boolean> {
  return world.args.model !== undefined && (await wantedOf(world)).plan.engine === 'vllm';
}
