import { defined, Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import type { EnginePlace, EngineSettings, EngineWanted } from '../port/engine-kind.ts';
import { command as kind } from './command.ts';

const place: EnginePlace = {
  nodePath: '/opt/node',
  engineSim: [],
  directory: '/tmp/fl-1',
  socket: '/tmp/fl-1/e.sock',
  port: '45678',
  engineKey: new Secret('the-key'),
};

function settings(command: string[] | undefined, more: Partial<EngineSettings> = {}): EngineSettings {
  return { ...defined({ command }), args: [], env: {}, options: {}, ...more };
}

function wanted(given: EngineSettings): EngineWanted {
  return { ...given, model: 'org/m', servedModel: 'm', gpus: 2, nodes: 1 };
}

const problemsOf = (given: EngineSettings, model?: { model: string; servedModel: string }) =>
  kind.check(given, model).problems.map(({ path, message }) => `${path}: ${message}`);

describe('a command', () => {
  it('has its placeholders filled, in arguments and in variables; other braces stay', () => {
    const given = settings(['serve', '{model}', '--as={servedModel}', '--tp', '{gpus}', '{"a":{x}}'], {
      args: ['--port', '{port}'],
      env: { SERVE_KEY: 'key {apiKey}', AT: '{port}' },
    });
    const plan = kind.plan(wanted(given), place);
    expect(plan.argv).toEqual(['serve', 'org/m', '--as=m', '--tp', '2', '{"a":{x}}', '--port', '45678']);
    expect(plan.env).toEqual({ SERVE_KEY: 'key the-key', AT: '45678' });
  });

  it('listens on a socket or a port, as its placeholders say, and is guarded by the directory, a key, or nothing', () => {
    const socket = settings(['serve', '--uds', '{socket}']);
    const port = settings(['serve'], { env: { PORT: '{port}' } });
    const key = settings(['serve', '{port}'], { env: { KEY: '{apiKey}' } });
    expect([socket, port, key].map((one) => kind.listens(wanted(one)))).toEqual(['socket', 'port', 'port']);
    expect([socket, port, key].map(kind.guard)).toEqual(['socket', 'none', 'key']);
    expect([socket, port, key].map((one) => kind.check(one).risks.length)).toEqual([0, 1, 0]);
  });

  it.each([
    ['no command', settings(undefined), /^command: is needed/],
    ['nowhere to listen', settings(['serve', '--port', '8000']), /^command: does not say where to listen/],
    ['two places to listen', settings(['serve', '{port}', '{socket}']), /^command: names both \{port\} and \{socket\}/],
    ['a key in its words', settings(['serve', '{port}', '{apiKey}']), /^command: every user of the node/],
    [
      'a key in its arguments',
      settings(['serve', '{port}'], { args: ['-k{apiKey}'] }),
      /^args: every user of the node/,
    ],
  ])('with %s is refused with the path of the setting', (_what, given, problem) => {
    expect(problemsOf(given)).toEqual([expect.stringMatching(problem)]);
  });

  it('refuses the name of a model that a shell in the command could run', () => {
    const shell = settings(['sh', '-c', 'serve {model} --port {port}']);
    expect(problemsOf(shell, { model: 'a/b; rm -rf ~', servedModel: 'b' })).toEqual([
      expect.stringMatching(/^command: cannot put "a\/b; rm -rf ~" for \{model\}/),
    ]);
    expect(problemsOf(shell, { model: 'a/b', servedModel: 'unused $(x)' })).toEqual([]);
  });

  it('is asked at /v1/models until it is up, or at the path in the configuration', () => {
    expect(kind.probe(wanted(settings(['x']))).healthPath).toBe('/v1/models');
    expect(kind.probe(wanted(settings(['x'], { options: { health: '/up' } }))).healthPath).toBe('/up');
    expect(() => kind.probe(wanted(settings(['x'], { options: { health: 'up' } })))).toThrow(
      expect.objectContaining({
        code: 'engine_options_invalid',
        message: expect.stringContaining('engines.command.health') as unknown,
      }),
    );
  });
});
