// Assembles control from its parts, in the order in which they depend on each other, and closes them in reverse.

import { type Clock, Guard, Scope, systemClock } from '@fairlead/kit';

import { ControlSocket } from './carrier/control-socket.ts';
import { Dialler } from './carrier/dialler.ts';
import { keepRunDir } from './carrier/keep-run-dir.ts';
import type { RunDir } from './carrier/run-dir.ts';
import type { SecureCarrier } from './carrier/secure-carrier.ts';
import { claimState } from './claim-state.ts';
import { type ControlOptions, defaultLeaseMs } from './control-options.ts';
import { defaultKeeping, runPruner } from './pruner.ts';
import { Registry } from './registry/registry.ts';
import { serveApi } from './serve-api.ts';
import { runSweeper } from './sweeper.ts';

export interface Control extends AsyncDisposable {
  readonly socketPath: string;
  /** PEM, to be pinned. */
  readonly certificate: string;
  /** How many watchers wait for a new snapshot because they read too slowly. */
  watchersBehind(): number;
}

/** Resolves when it serves. Throws a CodedError<ControlErrorCode>, `already_running` among them. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const scope = new Scope();
  try {
    return await assemble(options, scope);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(options: ControlOptions, scope: Scope): Promise<Control> {
  const { log, clock = systemClock, leaseMs = defaultLeaseMs } = options;
  const guard = new Guard(log);
  const state = await claimState(options, { clock, pid: process.pid }, scope);
  const { runDir, store } = state;
  const registry = new Registry({ store, clock, log, runDir: runDir.path, leaseMs });
  await registry.load();
  scope.defer(() => registry.idle());
  let ready = true;
  const { carrier, watchers } = serveApi({ options, state, registry, clock, guard, isReady: () => ready }, scope);
  const dialler = dialAgents({ options, runDir, registry, carrier, clock, guard }, scope);
  scope.use(runSweeper({ registry, watchers, clock, log, guard, isCaughtUp: () => dialler.caughtUp }));
  scope.use(runPruner({ registry, store, keeping: { ...defaultKeeping, ...options.keeping }, clock, log, guard }));
  const socket = new ControlSocket({ runDir, listen: (path) => carrier.listen(path), pid: process.pid });
  await socket.restore();
  scope.defer(() => socket.remove());
  scope.use(keepRunDir({ runDir, socket, clock, log, guard }));
  await dialler.start();
  scope.defer(() => {
    ready = false;
    carrier.stopListening();
  });
  return {
    socketPath: socket.path,
    certificate: state.identity.certificate,
    watchersBehind: () => watchers.behind,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

interface DiallerParts {
  options: ControlOptions;
  runDir: RunDir;
  registry: Registry;
  carrier: SecureCarrier;
  clock: Clock;
  guard: Guard;
}

/** A dialler that reviews the sockets of each instance that changes. It dials once it is started; the scope closes it. */
function dialAgents({ options, runDir, registry, carrier, clock, guard }: DiallerParts, scope: Scope): Dialler {
  const dialler = scope.use(
    new Dialler({
      runDir,
      clock,
      log: options.log,
      random: options.random ?? Math.random,
      leaseMs: registry.leaseMs,
      ownerOf: (id) => registry.ownerOf(id),
      admit: (raw, { instanceId, generation }, onProven) =>
        carrier.admit(raw, { kind: 'dialled', instanceId, generation }, onProven),
    }),
  );
  registry.changed.add((entries) => {
    // After a fault here the next scan looks at every socket again.
    guard.run('socket.review', () => {
      for (const entry of entries ?? registry.entries()) dialler.review(entry.instance.id);
    });
  });
  return dialler;
}
