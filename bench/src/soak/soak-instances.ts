// The instances of a soak: deployments of one model with the simulator, replaced when they are ended.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errnoOf } from '@fairlead/kit';
import { processesOf, type World } from '@fairlead/testkit';

import { pickOne, type Random } from './random.ts';

export const soakModel = 'fairlead/demo';
export const soakPreset = 'soak';

/** Tokens come as from a small model under load. */
export function soakPresets(countDir: string): Record<string, object> {
  const args = ['--sim-decode-ms', '100', '--sim-count-dir', countDir];
  return { [soakPreset]: { model: soakModel, engine: 'sim', gpus: 0, args } };
}

export class SoakInstances {
  readonly #world: World;
  readonly #random: Random;
  readonly #names: string[] = [];
  #count = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Resolves when it is ready, and requests go to it. */
  async add(): Promise<string> {
    const name = `soak-${(this.#count += 1)}`;
    await this.#fairlead('deploy', soakPreset, '--name', name);
    this.#names.push(name);
    return name;
  }

  /** As where a node loses power: agent and engine at once. */
  async kill(): Promise<string> {
    const name = this.#take();
    await this.#signal(name, 'SIGKILL', () => true);
    await this.#fairlead('stop', name);
    return name;
  }

  /** The engine alone: its agent starts it again. */
  async killEngine(): Promise<string> {
    const name = pickOne(this.#random, this.#names);
    await this.#signal(name, 'SIGKILL', (args) => args.includes('engine-sim'));
    return name;
  }

  /** As its owner ends it: requests that run have their time. */
  async drain(): Promise<string> {
    const name = this.#take();
    await this.#fairlead('stop', name);
    return name;
  }

  async stopAll(): Promise<void> {
    while (this.#names.length > 0) await this.drain();
  }

  #take(): string {
    const name = pickOne(this.#random, this.#names);
    this.#names.splice(this.#names.indexOf(name), 1);
    return name;
  }

  async #signal(name: string, signal: NodeJS.Signals, isMeant: (args: string) => boolean): Promise<void> {
    const { deployment } = await this.#fairlead('status', name);
    const { instances } = deployment as { instances: Array<{ id: string }> };
    for (const { id } of instances)
      for (const { pid, args } of await processesOf(id)) if (isMeant(args)) signalUnlessGone(pid, signal);
  }

  async #fairlead(...args: string[]): Promise<Record<string, unknown>> {
    const { code, last, stderr } = await this.#world.json(...args);
    if (code !== 0) throw new Error(`fairlead ${args.join(' ')}: ${JSON.stringify(last)} ${stderr}`);
    return last;
  }
}

/** By the engines' own count, of those that live and those that were killed. Answers of one token are left out: health checks ask for these. */
export async function generatedTokens(countDir: string): Promise<number> {
  const files = await readdir(countDir);
  const counts = await Promise.all(files.map((file) => readFile(join(countDir, file), 'utf8')));
  return counts.reduce((sum, text) => sum + (JSON.parse(text) as { tokens: number }).tokens, 0);
}

function signalUnlessGone(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
