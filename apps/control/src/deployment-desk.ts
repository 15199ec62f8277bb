// What owners ask for: deployments, their instances, where they answer. Each answer is on disk before it is given.

import { randomInt } from 'node:crypto';

import type { Clock } from '@fairlead/kit';
import {
  type CreateDeployment,
  type DeploymentCreated,
  type DeploymentView,
  type EndpointView,
  type InstanceView,
  isEnded,
  type JobObserved,
  type StopMode,
} from '@fairlead/protocol';

import type { Registry } from './registry/registry.ts';
import type { Entry } from './registry/entry.ts';
import { describeState } from './domain/describe-state.ts';
import { pickEndpoint } from './domain/pick-endpoint.ts';
import { Refusal } from './domain/refusal.ts';
import type { InstanceRecord } from './domain/records.ts';
import { viewInstance } from './domain/views.ts';
import { createEnrolmentToken, hashToken } from './state/tokens.ts';
import { AgentLink } from './ws/agent-link.ts';
import type { Store } from './store/store.ts';
import type { LogTails } from './ws/log-tails.ts';

export interface DeploymentDeskDeps {
  registry: Registry;
  store: Pick<Store, 'findInstance' | 'listInstances'>;
  clock: Clock;
  runDir: string;
}

/** Throws a `Refusal` where it does not do what an owner asks for. */
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
    if (before && !isEnded(before.instance.life.state))
      throw new Refusal(
        'name_taken',
        `cannot create ${wanted.name} because a deployment of that name is ${describeState(before.instance.life.state)}`,
        { path: 'name' },
      );
    const { jobDir, ...rest } = wanted;
    const token = createEnrolmentToken();
    const createdMs = this.#deps.clock.now();
    const instance: InstanceRecord = {
      id: this.#newId(),
      deployment: wanted.name,
      jobDir,
      enrolmentHash: hashToken(token),
      life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 },
      models: [],
      gpus: [],
      createdMs,
      updatedMs: createdMs,
    };
    const deployment = { ...rest, wanted: 'running' as const, createdMs, instanceId: instance.id };
    await this.#registry.put(deployment, instance, `Deployment of ${wanted.model} on ${wanted.cluster}.`);
    const entry = this.deployment(wanted.name);
    return { deployment: this.#registry.viewDeployment(entry), enrolmentToken: token };
  }

  async stop(name: string, asked: StopMode): Promise<{ deployment: DeploymentView; delivered: boolean }> {
    await this.#registry.usable();
    const entry = this.deployment(name);
    const mode = entry.deployment.stopMode === 'now' ? 'now' : asked;
    const { life, jobId } = entry.instance;
    const delivered = life.phase === 'attended' && entry.presence.line !== undefined;
    const wanted = this.#registry.change(entry, { deployment: { wanted: 'stopped', stopMode: mode } });
    const ordered = delivered ? ` (${mode})` : ' (no agent was there to take the order)';
    const noted = this.#registry.addHistory(entry, 'stop.requested', `The deployment was asked to stop${ordered}.`);
    const stopped = this.#registry.apply(entry, { type: 'stop.requested', mode, job: jobId !== undefined });
    await Promise.all([wanted, noted, stopped]);
    return { deployment: this.#registry.viewDeployment(entry), delivered };
  }

  deployment(name: string): Entry {
    const entry = this.#registry.findDeployment(name);
    if (entry) return entry;
    throw new Refusal('not_found', `no deployment is called ${name}`);
  }

  endpoint(name: string): EndpointView {
    const { deployment, instance, presence } = this.deployment(name);
    const pick = pickEndpoint(deployment, instance, { apiKey: presence.apiKey, runDir: this.#deps.runDir });
    if (pick.ok) return pick.endpoint;
    throw new Refusal(pick.code, pick.message, { hint: pick.hint });
  }

  async instances(deployment: string | undefined): Promise<InstanceView[]> {
    const stored = await this.#deps.store.listInstances({ deployment });
    return stored.map((record) => this.#viewStored(record));
  }

  async instance(id: string): Promise<InstanceView> {
    const stored = await this.#deps.store.findInstance(id);
    if (stored) return this.#viewStored(stored);
    throw new Refusal('not_found', `no instance is called ${id}`);
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
      : this.#registry.change(entry, { instance: more }));
    return this.#registry.viewInstance(entry);
  }

  /** The log tails of a connected agent. */
  line(id: string): LogTails {
    const entry = this.#registry.findInstance(id);
    if (!entry && !this.#registry.findFormer(id)) throw new Refusal('not_found', `no instance is called ${id}`);
    const line = entry?.presence.line;
    if (line instanceof AgentLink) return line.tails;
    throw new Refusal('not_ready', `cannot read the logs of ${id} through its agent because none is connected`, {
      hint: 'The files are in the directory of the job on the cluster: `fairlead status` names it.',
    });
  }

  /** With what only the memory knows, where it knows the instance. */
  #viewStored(record: InstanceRecord): InstanceView {
    const entry = this.#registry.findInstance(record.id);
    return entry ? this.#registry.viewInstance(entry) : viewInstance(record, this.#deps.runDir);
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
