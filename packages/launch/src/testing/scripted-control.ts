// For tests of this package: a control that the test plays, and the machine that asks it.

import { CodedError, silentLog } from '@fairlead/kit';
import type { ManualClock } from '@fairlead/kit/testing';
import type { DeploymentView, InstanceState, InstanceView, JobObserved, WatchMessage } from '@fairlead/protocol';

import type { ControlSession } from '../control-session.ts';
import type { LocalMachine } from '../machine.ts';

/** Instance `i1` of deployment `mine`, job 7. */
export function instanceOf(state: InstanceState, more: Partial<InstanceView> = {}): InstanceView {
  return { id: 'i1', jobId: '7', state, endpoints: [], ...more } as InstanceView;
}

export function deploymentOf(...instances: InstanceView[]): DeploymentView {
  return { name: 'mine', cluster: 'here', servedModel: 'm', instances } as unknown as DeploymentView;
}

export function machineWith(clock: ManualClock, home = '/home/me'): LocalMachine {
  return {
    env: {},
    home,
    nodePath: process.execPath,
    cacheDir: '/cache',
    clock,
    random: () => 0,
    log: silentLog,
    questions: {},
  };
}

export interface ControlScript {
  /** Of the first connections that watch, one each. */
  failures?: readonly Error[];
  deployment?: DeploymentView;
  /** Whether an agent takes the order to stop. */
  delivered?: boolean;
  /** What the agent sends of its log, block by block; an error ends it. */
  log?: ReadonlyArray<string[] | Error>;
  /** Whether what is observed of a job becomes the state of its instance. Default true. */
  believes?: boolean;
}

export class ScriptedControl {
  readonly observed: JobObserved[] = [];
  /** How many connections were opened to watch. */
  connections = 0;
  isClosed = false;
  readonly #script: ControlScript;
  readonly #failures: Error[];
  #deployment: DeploymentView;
  #waiting: WatchMessage[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(script: ControlScript = {}) {
    this.#script = script;
    this.#failures = [...(script.failures ?? [])];
    this.#deployment = script.deployment ?? deploymentOf(instanceOf({ status: 'submitted' }));
  }

  /** To those that watch. */
  send(message: WatchMessage): void {
    this.#waiting.push(message);
    this.#wake.resolve();
  }

  get session(): ControlSession & AsyncDisposable {
    const api: Partial<ControlSession['api']> = {
      getDeployment: async () => this.#deployment,
      stopDeployment: async () => ({ deployment: this.#deployment, delivered: this.#script.delivered === true }),
      observed: async (id, body) => this.#observe(id, body),
      logs: () => this.#readLog(),
    };
    const connection = async () => {
      throw new CodedError('bastion_away', 'this test has no bastion');
    };
    return {
      api: api as ControlSession['api'],
      link: { profile: { controlCertificate: 'certificate' }, connection } as unknown as ControlSession['link'],
      watch: (signal) => this.#watch(signal),
      [Symbol.asyncDispose]: async () => {
        this.isClosed = true;
      },
    };
  }

  #observe(id: string, body: JobObserved): InstanceView {
    this.observed.push(body);
    const seen = instanceOf(body.state as InstanceState, { id });
    if (this.#script.believes !== false) this.#deployment = deploymentOf(seen);
    return seen;
  }

  async *#readLog(): AsyncGenerator<string[]> {
    for (const block of this.#script.log ?? []) {
      if (block instanceof Error) throw block;
      yield block;
    }
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<WatchMessage> {
    this.connections += 1;
    const failure = this.#failures.shift();
    if (failure) throw failure;
    const over = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => over.reject(signal.reason), { once: true });
    for (;;) {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) yield next;
      await Promise.race([this.#wake.promise, over.promise]);
      this.#wake = Promise.withResolvers();
    }
  }
}
