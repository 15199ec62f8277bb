// A child process that takes orders one at a time, so that load comes from a process that can be measured separately.

import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface Worker<Orders> extends AsyncDisposable {
  readonly pid: number;
  order<Name extends keyof Orders & string>(
    name: Name,
    ...given: GivenTo<Orders[Name]>
  ): Promise<AnswerOf<Orders[Name]>>;
}

type Handler = (given: never) => unknown;
type GivenTo<Handling> = Handling extends () => unknown
  ? []
  : Handling extends (given: infer Given) => unknown
    ? [Given]
    : never;
type AnswerOf<Handling> = Handling extends (given: never) => infer Answer ? Awaited<Answer> : never;

type Answer = { id: number } & ({ ok: true; value: unknown } | { ok: false; message: string });

/** Resolves when the worker takes orders. The caller disposes it. */
export async function openWorker<Orders>(file: string, env: NodeJS.ProcessEnv = process.env): Promise<Worker<Orders>> {
  const child = fork(file, {
    execArgv: ['--conditions=fairlead-source', '--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    env,
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  const failAll = () => {
    for (const { reject } of waiting.values())
      reject(new Error(`${file} ended with ${child.exitCode ?? child.signalCode}`));
    waiting.clear();
  };
  child.once('exit', failAll);
  child.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asked?.resolve(answer.value);
    else asked?.reject(new Error(answer.message));
  });
  const send = (name: string, given: unknown) => {
    const id = ++lastId;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    child.send({ id, name, given });
    return asked.promise;
  };
  await once(child, 'spawn');
  await send('ready', undefined);
  return {
    pid: child.pid ?? 0,
    order: (name, ...given) => send(name, given.at(0)) as never,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** The worker's side. */
export function takeOrders(handlers: Readonly<Record<string, Handler>>): void {
  const handle = async (name: string, given: never) => (name === 'ready' ? undefined : handlers[name]?.(given));
  process.on('message', ({ id, name, given }: Order) => {
    handle(name, given).then(
      (value) => process.send?.({ id, ok: true, value }),
      (error: Error) => process.send?.({ id, ok: false, message: error.stack ?? error.message }),
    );
  });
  process.on('disconnect', () => process.exit());
}

interface Order {
  id: number;
  name: string;
  given: never;
}
