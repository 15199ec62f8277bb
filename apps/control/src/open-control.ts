// Assembles control from its parts, in the order in which they depend on each other, and closes them in reverse.

import { join } from 'node:path';

import { type Clock, defined, Guard, isCodedError, type Log, Scope, systemClock } from '@fairlead/kit';
import { OUR_VERSIONS, type VersionRange } from '@fairlead/protocol';
import { getRequestListener } from '@hono/node-server';

import type { ControlErrorCode } from './control-error.ts';
import { ControlSocket } from './carrier/control-socket.ts';
import { Dialler } from './carrier/dialler.ts';
import { keepRunDir } from './carrier/keep-run-dir.ts';
import { answers, clearStaleSocket, controlSocket, RunDir } from './carrier/run-dir.ts';
import { carrierLimits, type CarrierLimits, SecureCarrier } from './carrier/secure-carrier.ts';
import { DeploymentDesk } from './deployment-desk.ts';
import { Registry } from './registry/registry.ts';
import { createApp } from './http/app.ts';
import { defaultKeeping, type Keeping, runPruner } from './pruner.ts';
import { runSweeper } from './sweeper.ts';
import { readIdentity } from './state/identity.ts';
import { OwnerTokens } from './state/owner-tokens.ts';
import { createPrincipals } from './state/principals.ts';
import { checkOwnership, readOwner, writeOwner } from './state/ownership.ts';
import { ensurePrivateDir } from './state/state-dir.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import type { Store } from './store/store.ts';
import { lockedError } from './store/store-error.ts';
import { controlVersion } from './version.ts';
import { AgentDesk } from './ws/agent-desk.ts';
import { serveUpgrades } from './ws/upgrades.ts';
import { WatchHub } from './ws/watch-hub.ts';

export interface ControlOptions {
  stateDir: string;
  runDir: string;
  host: string;
  bootId: string;
  log: Log;
  clock?: Clock;
  /** In [0, 1). */
  random?: () => number;
  leaseMs?: number;
  heartbeatMs?: number;
  /** Serve although another host has owned the state. */
  takeOwnership?: boolean;
  limits?: Partial<CarrierLimits>;
  /** Waiting bytes at which a watcher counts as behind. */
  watchBehindBytes?: number;
  keeping?: Partial<Keeping>;
  /** The protocol versions that it speaks, where they should not be this code's own: to see how versions meet. */
  versions?: VersionRange;
  /** What stands before its ports, where a test wants them to fail. */
  ports?: ControlPorts;
}

export interface ControlPorts {
  store?: (store: Store) => Store;
  runDir?: (runDir: RunDir) => RunDir;
  owners?: (owners: OwnerTokens) => OwnerTokens;
}

export interface Control extends AsyncDisposable {
  readonly socketPath: string;
  /** PEM, to be pinned. */
  readonly certificate: string;
  /** How many watchers wait for a new snapshot because they read too slowly. */
  watchersBehind(): number;
}

/** Three missed heartbeats: one may be lost to a reconnecting tunnel, one to a busy node. */
export const defaultLeaseMs = 15_000;
export const defaultHeartbeatMs = 5000;

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
  const { stateDir, log, clock = systemClock, leaseMs = defaultLeaseMs, heartbeatMs = defaultHeartbeatMs } = options;
  const { versions = OUR_VERSIONS } = options;
  ensurePrivateDir(stateDir);
  const guard = new Guard(log);
  const { ports = {} } = options;
  const runDir = wrapped(new RunDir(options.runDir), ports.runDir);
  if (!options.takeOwnership) checkOwnership(stateDir, options.host);
  const identity = readIdentity(stateDir);
  const servedBefore = readOwner(stateDir) !== undefined;
  const opened = scope.use(await openStore(join(stateDir, 'control.db'), { runDir, clock, servedBefore }));
  const store = wrapped(opened, ports.store);
  // The gate takes a living owner and a socket for a control that listens: what a killed one left goes first.
  await clearStaleSocket(runDir.file(controlSocket));
  writeOwner(stateDir, { host: options.host, bootId: options.bootId, pid: process.pid, runDir: runDir.path });

  const registry = new Registry({ store, clock, log, runDir: runDir.path, leaseMs });
  await registry.load();
  scope.defer(() => registry.idle());
  const limits = { ...carrierLimits, ...options.limits };
  const carrier = scope.use(new SecureCarrier({ ...identity, clock, log, limits }));
  const principals = createPrincipals(wrapped(new OwnerTokens(stateDir, clock), ports.owners));
  const watchers = new WatchHub({
    registry,
    log,
    ...defined({ behindBytes: options.watchBehindBytes }),
  });
  const agents = new AgentDesk({
    registry,
    clock,
    tokenSecret: identity.tokenSecret,
    controlVersion: controlVersion,
    versions,
    heartbeatMs,
    reclaimSocket: (name) => runDir.reclaim(name),
    log,
  });
  let ready = true;
  const app = createApp({
    registry,
    store,
    clock,
    desk: new DeploymentDesk({ registry, store, clock, runDir: runDir.path }),
    principals,
    carrier,
    hello: {
      protocol: versions,
      controlVersion: controlVersion,
      hostname: options.host,
      bootId: options.bootId,
      leaseMs,
      startedMs: clock.now(),
      schemaVersion: store.schemaVersion,
    },
    isReady: () => ready && registry.isUsable,
    log,
  });
  carrier.http.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  scope.use(serveUpgrades({ carrier, principals, agents, watchers, guard }));

  const dialler = scope.use(
    new Dialler({
      runDir,
      clock,
      log,
      random: options.random ?? Math.random,
      leaseMs,
      ownerOf: (id) => registry.ownerOf(id),
      admit: (raw, { instanceId, generation }, onProven) =>
        carrier.admit(raw, { kind: 'dialled', instanceId, generation }, onProven),
    }),
  );
  registry.changed.add((entries) => {
    // The next scan looks at every socket again.
    guard.run('socket.review', () => {
      for (const entry of entries ?? registry.entries()) dialler.review(entry.instance.id);
    });
  });
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
    certificate: identity.certificate,
    watchersBehind: () => watchers.behind,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function wrapped<T>(port: T, wrap: ((port: T) => T) | undefined): T {
  return wrap ? wrap(port) : port;
}

/** How long another control that holds the database may take until it answers. */
const startingTimeoutMs = 1500;
const pollIntervalMs = 100;

/** `already_running` where the other one is a control, `store_locked` where it is not. */
async function openStore(file: string, at: { runDir: RunDir; clock: Clock; servedBefore: boolean }): Promise<Store> {
  const { runDir, clock, servedBefore } = at;
  for (let waitedMs = 0; ; waitedMs += pollIntervalMs) {
    try {
      return openSqliteStore(file, { servedBefore });
    } catch (error) {
      if (!isCodedError<ControlErrorCode>(error, 'already_running')) throw error;
      if (await answers(runDir.file(controlSocket))) throw error;
      if (waitedMs >= startingTimeoutMs) throw lockedError(file, error);
      await clock.sleep(pollIntervalMs);
    }
  }
}
