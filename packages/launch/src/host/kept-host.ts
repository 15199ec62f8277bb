// A Host that outlives its connection: where the last one is gone, the next use opens another. Nothing is done twice by itself:
// what was under way when a connection was lost fails, and its caller decides.

import type { Host } from './host.ts';

export interface OpenedHost {
  host: Host;
  /** Settles when its connection is gone. Never rejects. */
  lost: Promise<unknown>;
}

/** Resolves when the first connection is there. */
export async function openKeptHost(open: () => Promise<OpenedHost>): Promise<Host> {
  const first = await open();
  let current: Promise<OpenedHost> | undefined;
  let isDisposed = false;
  const keep = (attempt: Promise<OpenedHost>) => {
    current = attempt;
    const forget = () => {
      if (current === attempt) current = undefined;
    };
    attempt.then(({ lost }) => lost.then(forget), forget);
  };
  keep(Promise.resolve(first));
  const host = async () => {
    if (isDisposed) throw new Error(`cannot use ${first.host.label} any more: its connection was closed here`);
    if (!current) keep(open());
    return (await current!).host;
  };
  return {
    label: first.host.label,
    facts: first.host.facts,
    runner: { run: async (...args) => (await host()).runner.run(...args) },
    upload: async (...args) => (await host()).upload(...args),
    async *tail(...args) {
      yield* (await host()).tail(...args);
    },
    runLeashed: async (...args) => (await host()).runLeashed(...args),
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      // A connection that failed to open leaves nothing to close; its error went to the call that asked for it.
      const last = await current?.catch(() => undefined);
      await last?.host[Symbol.asyncDispose]();
    },
  };
}
