import { describe, expect, it } from 'vitest';
import { Scope } from './scope.ts';

const closed: string[] = [];

function resource(name: string, failure?: Error): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      closed.push(name);
      if (failure) throw failure;
    },
  };
}

describe('Scope', () => {
  it('closes in reverse order, each once, also when another one fails', async () => {
    closed.length = 0;
    const scope = new Scope();
    scope.use(resource('first'));
    scope.use(resource('second', new Error('the disk is gone')));
    scope.use({ [Symbol.dispose]: () => void closed.push('third') });
    await expect(scope[Symbol.asyncDispose]()).rejects.toThrow('the disk is gone');
    await expect(scope[Symbol.asyncDispose]()).rejects.toThrow('the disk is gone');
    expect(closed).toEqual(['third', 'second', 'first']);
  });

  it('rejects with all failures when there are several', async () => {
    const scope = new Scope();
    scope.use(resource('first', new Error('one')));
    scope.use(resource('second', new Error('two')));
    await expect(scope[Symbol.asyncDispose]()).rejects.toMatchObject({
      errors: [new Error('two'), new Error('one')],
    });
  });

  it('disposes of what is added after its end, and throws', async () => {
    closed.length = 0;
    const scope = new Scope();
    await scope[Symbol.asyncDispose]();
    expect(() => scope.use(resource('late'))).toThrow('already been closed');
    await scope[Symbol.asyncDispose]();
    expect(closed).toEqual(['late']);
    expect(() => scope.use(resource('later', new Error('it hangs')))).toThrow('already been closed');
    await expect(scope[Symbol.asyncDispose]()).rejects.toThrow('it hangs');
  });

  it('disposes of what is added while it closes, before its disposal resolves', async () => {
    closed.length = 0;
    const scope = new Scope();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    scope.defer(async () => {
      reached.resolve();
      await gate.promise;
    });
    const disposal = scope[Symbol.asyncDispose]();
    await reached.promise;
    expect(() => scope.use(resource('late'))).toThrow('already been closed');
    gate.resolve();
    await disposal;
    expect(closed).toEqual(['late']);
  });

  it('closes nothing that it has released', async () => {
    closed.length = 0;
    const scope = new Scope();
    scope.use(resource('kept'));
    const closers = scope.release();
    await scope[Symbol.asyncDispose]();
    expect(closed).toEqual([]);
    for (const close of closers) await close();
    expect(closed).toEqual(['kept']);
  });
});
