// The contract of every engine kind. engine-kinds.test.ts runs it for each kind in the list.

import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { classifyFailure } from './judge/classify-failure.ts';
import { engineCommand } from './port/engine-command.ts';
import type { EngineKind, EnginePlace, EngineSettings, EngineWanted } from './port/engine-kind.ts';

const key = 'fle-the-key-of-this-engine';
const place: EnginePlace = {
  nodePath: '/opt/node',
  engineSim: ['/opt/engine-sim.mjs'],
  directory: '/tmp/fl-abc',
  socket: '/tmp/fl-abc/e.sock',
  port: '45678',
  engineKey: new Secret(key),
};

export function describeEngineKind(kind: EngineKind): void {
  const { command, args, env } = kind.examples;
  const example: EngineSettings = { command, args, env, options: {} };
  const wanted = (settings: Partial<EngineSettings> = {}): EngineWanted => ({
    ...example,
    ...settings,
    model: 'org/model',
    servedModel: 'model',
    gpus: 2,
    nodes: 1,
  });
  const started = (settings?: Partial<EngineSettings>) =>
    engineCommand({ kind, wanted: wanted(settings), place, instanceId: 'i-1', env: { PATH: '/bin' } });

  describe(`engine ${kind.name}`, () => {
    it('has a name that can be a setting and a flag', () => {
      expect(kind.name).toMatch(/^[a-z][a-z0-9-]{0,31}$/);
      expect([kind.title, kind.description].every((text) => text.length > 0)).toBe(true);
    });

    it('starts as its examples say, and finds no contradiction in them', () => {
      expect(kind.check(example, wanted()).problems).toEqual([]);
      const { argv } = started();
      expect(argv[0]).toBeTruthy();
      expect(argv.join(' ')).toContain(args.join(' '));
    });

    it('has in its arguments, which every user of the node can read, its address and no secret', () => {
      const { argv, env: environment } = started();
      const words = JSON.stringify([argv, environment]);
      expect(words).toContain(kind.listens(wanted()) === 'port' ? place.port : place.socket);
      expect(argv.join(' ')).not.toContain(key);
      expect(argv.join(' ')).not.toMatch(/\{(?:port|socket|apiKey|node|engineSim|model)\}/);
    });

    it('gets its key in the environment if it checks a key', () => {
      const isGuarded = Object.values(started().env).includes(key);
      expect(isGuarded || kind.guard(example) !== 'key').toBe(true);
    });

    it("takes the user's variables, and passes them into a container with a clean environment", () => {
      const inContainer = ['apptainer', 'exec', '--cleanenv', 'image.sif', ...command];
      const { env: environment } = started({ command: inContainer, env: { ...env, MINE: 'x' } });
      expect(environment).toMatchObject({ MINE: 'x', APPTAINERENV_MINE: 'x', APPTAINERENV_FAIRLEAD_INSTANCE: 'i-1' });
    });

    it('refuses options that are not its own, with the path of the setting', () => {
      expect(kind.options.safeParse({ 'no-such-option': 1 }).success).toBe(false);
    });

    it('names routes, a path of its health, and metrics that have a path', () => {
      expect(kind.routes.length).toBeGreaterThan(0);
      expect(kind.routes.map(({ path }) => path)).toContain('/v1/models');
      for (const { path } of kind.routes) expect(path).toMatch(/^\/\S+$/);
      expect(kind.probe(wanted()).healthPath).toMatch(/^\//);
      if (kind.metrics) expect(kind.metrics.path).toMatch(/^\//);
    });

    it('lets no route through that a server may answer without a key', () => {
      const paths = kind.routes.map(({ path }) => path);
      for (const path of ['/invocations', '/', '/docs', '/v1/load_lora_adapter']) expect(paths).not.toContain(path);
    });

    it('reads any line, and finds no phase in a line without one', () => {
      for (const line of ['', 'hello', '\u0000\uFFFD', 'x'.repeat(10_000)])
        expect(kind.parsePhase(line)).toBeUndefined();
    });

    it('describes a failure that the catalogue does not know', () => {
      const surroundings = { engine: kind.name, gpus: '', interfaces: [] };
      const end = { code: 1, signal: null, lines: ['Traceback (most recent call last):', 'ValueError: bad day'] };
      expect(classifyFailure({ ...end, surroundings })).toMatchObject({
        message: 'the engine failed (exit code 1): ValueError: bad day',
        fatal: false,
      });
    });

    it('names its own setting in a cure that changes it', () => {
      const surroundings = { engine: kind.name, gpus: '', interfaces: [] };
      const end = { code: 0, signal: null, lines: ['started in the background'] };
      expect(classifyFailure({ ...end, surroundings }).hint).toContain(`engines.${kind.name}.command`);
    });
  });
}
