// Performs the requests of owners: deployments, their instances, their endpoints. A change is on disk before it is answered.

import { randomInt } from 'node:crypto';

import type { Clock, Secret } from '@fairlead/kit';
import {
  type CreateDeployment,
  type createInstance,
  type DeploymentCreated,
  type DeploymentView,
  type EndpointView,
  type InstanceView,
  isEnded,
  type JobObserved,
  maxInstances,
  type Read,
  type StopMode,
} from '@fairlead/protocol';

import type { Registry } from './registry/registry.ts';
import type { DeploymentEntry, Entry } from './registry/entry.ts';
import { describeState } from './domain/describe-state.ts';
import { listEndpoints } from './domain/list-endpoints.ts';
import { RequestError } from './domain/request-error.ts';
import type { InstanceRecord } from './domain/records.ts';
import { viewInstance } from './domain/views.ts';
import { createEnrolmentToken, hashToken } from './state/tokens.ts';
import { AgentLink } from './ws/agent-link.ts';
import type { Store } from './store/store.ts';
import type { TailOrders } from './ws/tail-orders.ts';

export interface DeploymentDeskDeps {
  registry: Registry;
  store: Pick<Store, 'findInstance' | 'listInstances'>;
  clock: Clock;
  runDir: string;
}

/** Throws a `RequestError` for a request that it refuses. */
export class DeploymentDesk {
  readonly #deps: DeploymentDeskDeps;
  readonly #registry: Registry;

  constructor(deps: DeploymentDeskDeps) {
    this.#deps = deps;
    this.#registry = deps.registry;
  }

  async create(wanted: CreateDeployment): Promise<DeploymentCreated> {
    await this.#registry.usable();
    const before = this.#registry.findDeployment(wanted.name);
    const alive = before?.instances.find(({ instance }) => !isEnded(instance.life.state));
    if (alive)
      throw new RequestError(
        'name_taken',
        `cannot create ${wanted.name} because a deployment of that name is ${describeState(alive.instance.life.state)}`,
        { path: 'name' },
      );
    const { jobDir, ...rest } = wanted;
    const { instance, token } = this.#newInstance(wanted.name, { role: 'current', replica: 0, jobDir });
    const deployment = { ...rest, wanted: 'running' as const, createdMs: instance.createdMs };
    await this.#registry.put(deployment, instance, `Deployment of ${wanted.model} on ${wanted.cluster}.`);
    return this.#created(instance, token);
  }

  /** Records one more instance of a deployment. Submits no job. */
  async addInstance(name: string, wanted: Read<typeof createInstance>): Promise<DeploymentCreated> {
    await this.#registry.usable();
    const deployment = this.deployment(name);
    if (deployment.record.wanted === 'stopped')
      throw new RequestError('draining', `cannot add an instance to ${name} because it was asked to stop`);
    if (deployment.instances.length >= maxInstances)
      throw new RequestError('too_many', `cannot add an instance to ${name} because it has ${maxInstances}`);
    const { instance, token } = this.#newInstance(name, wanted);
    const { role, replica } = wanted;
    await this.#registry.addInstance(deployment, instance, `An instance was added: ${role}, replica ${replica}.`);
    return this.#created(instance, token);
  }

  async stop(name: string, asked: StopMode): Promise<{ deployment: DeploymentView; delivered: boolean }> {
    await this.#registry.usable();
    const deployment = this.deployment(name);
    const mode = deployment.record.stopMode === 'now' ? 'now' : asked;
    const open = deployment.instances.filter(({ instance }) => instance.life.phase !== 'ended');
    const isThere = ({ instance, presence }: Entry) =>
      instance.life.phase === 'attended' && presence.link !== undefined;
    const delivered = open.length > 0 && open.every(isThere);
    const lead = open[0] ?? deployment.instances[0]!;
    const wanted = this.#registry.changeDeployment(lead, { wanted: 'stopped', stopMode: mode });
    const ordered = delivered ? ` (${mode})` : ' (no agent was there to take the order)';
    const noted = this.#registry.addHistory(lead, 'stop.requested', `The deployment was asked to stop${ordered}.`);
    const stopped = deployment.instances.map((entry) =>
      this.#registry.apply(entry, { type: 'stop.requested', mode, job: entry.instance.jobId !== undefined }),
    );
    await Promise.all([wanted, noted, ...stopped]);
    return { deployment: this.#registry.viewDeployment(deployment), delivered };
  }

  deployment(name: string): DeploymentEntry {
    const entry = this.#registry.findDeployment(name);
    if (entry) return entry;
    throw new RequestError('not_found', `no deployment is called ${name}`);
  }

  endpoints(name: string): EndpointView[] {
    const { record, instances } = this.deployment(name);
    const candidates = instances.map(({ instance, presence: { apiKey, endpoints, endToEnd } }) => ({
      instance,
      apiKey,
      endpoints,
      endToEnd,
    }));
    const found = listEndpoints(record, candidates, this.#deps.runDir);
    if (found.ok) return found.endpoints;
    throw new RequestError(found.code, found.message, { hint: found.hint });
  }

  async instances(deployment: string | undefined): Promise<InstanceView[]> {
    const stored = await this.#deps.store.listInstances({ deployment });
    return stored.map((record) => this.#viewStored(record));
  }

  async instance(id: string): Promise<InstanceView> {
    const stored = await this.#deps.store.findInstance(id);
    if (stored) return this.#viewStored(stored);
    throw new RequestError('not_found', `no instance is called ${id}`);
  }

  async observe(id: string, observed: JobObserved): Promise<InstanceView> {
    await this.#registry.usable();
    const entry = this.#registry.findInstance(id);
    if (!entry) return this.instance(id);
    const { life, jobId } = entry.instance;
    const known = life.phase !== 'waiting' && life.agent !== undefined;
    const more = observed.jobId === undefined || known || observed.jobId === jobId ? {} : { jobId: observed.jobId };
    await (observed.state
      ? this.#registry.apply(entry, { type: 'job.observed', state: observed.state }, more)
      : this.#registry.change(entry, more));
    return this.#registry.viewInstance(entry);
  }

  /** The log tails of a connected agent. */
  link(id: string): TailOrders {
    const entry = this.#registry.findInstance(id);
    if (!entry && !this.#registry.findFormer(id)) throw new RequestError('not_found', `no instance is called ${id}`);
    const link = entry?.presence.link;
    if (link instanceof AgentLink) return link.tails;
    throw new RequestError('not_ready', `cannot read the logs of ${id} through its agent because none is connected`, {
      hint: 'The files are in the directory of the job on the cluster: `fairlead status` names it.',
    });
  }

  /** Adds what only the memory knows, if the instance is in memory. */
  #viewStored(record: InstanceRecord): InstanceView {
    const entry = this.#registry.findInstance(record.id);
    return entry ? this.#registry.viewInstance(entry) : viewInstance(record, this.#deps.runDir);
  }

  #newInstance(deployment: string, wanted: Read<typeof createInstance>): { instance: InstanceRecord; token: Secret } {
    const { role, replica, jobDir } = wanted;
    const token = createEnrolmentToken();
    const createdMs = this.#deps.clock.now();
    const instance: InstanceRecord = {
      id: this.#newId(),
      deployment,
      role,
      replica,
      former: false,
      jobDir,
      enrolmentHash: hashToken(token),
      life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 },
      servedModels: [],
      nodes: [],
      createdMs,
      updatedMs: createdMs,
    };
    return { instance, token };
  }

  #created({ id, deployment }: InstanceRecord, token: Secret): DeploymentCreated {
    const view = this.#registry.viewDeployment(this.deployment(deployment));
    return { deployment: view, instanceId: id, enrolmentToken: token };
  }

  #newId(): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const characters = `${letters}0123456789`;
    for (;;) {
      let id = letters[randomInt(letters.length)]!;
      while (id.length < 8) id += characters[randomInt(characters.length)]!;
      if (!this.#registry.findInstance(id) && !this.#registry.findFormer(id)) return id;
    }
  }
}
