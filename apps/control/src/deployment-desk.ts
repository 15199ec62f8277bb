// What owners ask for: deployments, their instances, where they answer. Each answer is on disk before it is given.

import { randomInt } from 'node:crypto';

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

import type { Directory } from './directory.ts';
import type { Entry } from './entry.ts';
import { describeState } from './domain/describe-state.ts';
import { pickEndpoint } from './domain/pick-endpoint.ts';
import type { InstanceRecord } from './domain/records.ts';
import { viewInstance } from './domain/views.ts';
import { WireError } from './http/wire-error.ts';
import { createEnrolmentToken, hashToken } from './state/tokens.ts';
import { AgentLink } from './ws/agent-link.ts';
import type { LogTails } from './ws/log-tails.ts';

export class DeploymentDesk {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  async create(wanted: CreateDeployment): Promise<DeploymentCreated> {
    const { clock } = this.#directory.deps;
    await this.#directory.recorder.usable();
    const before = this.#directory.findDeployment(wanted.name);
    if (before && !isEnded(before.instance.life.state))
      throw new WireError(
        'name_taken',
        `cannot create ${wanted.name} because a deployment of that name is ${describeState(before.instance.life.state)}`,
        { path: 'name' },
      );
    const { jobDir, ...rest } = wanted;
    const token = createEnrolmentToken();
    const createdMs = clock.now();
    const instance: InstanceRecord = {
      id: this.#newId(),
      deployment: wanted.name,
      jobDir,
      enrolmentHash: hashToken(token.reveal()),
      life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 },
      models: [],
      gpus: [],
      createdMs,
      updatedMs: createdMs,
    };
    const deployment = { ...rest, wanted: 'running' as const, createdMs, instanceId: instance.id };
    await this.#directory.put(deployment, instance, `Deployment of ${wanted.model} on ${wanted.cluster}.`);
    const entry = this.deployment(wanted.name);
    return { deployment: this.#directory.viewDeployment(entry), enrolmentToken: token.reveal() };
  }

  async stop(name: string, asked: StopMode): Promise<{ deployment: DeploymentView; delivered: boolean }> {
    await this.#directory.recorder.usable();
    const entry = this.deployment(name);
    const mode = entry.deployment.stopMode === 'now' ? 'now' : asked;
    const { life, jobId } = entry.instance;
    const delivered = life.phase === 'attended' && entry.line !== undefined;
    const wanted = this.#directory.change(entry, { deployment: { wanted: 'stopped', stopMode: mode } });
    const ordered = delivered ? ` (${mode})` : ' (no agent was there to take the order)';
    const noted = this.#directory.addHistory(entry, 'stop.requested', `The deployment was asked to stop${ordered}.`);
    const stopped = this.#directory.apply(entry, { type: 'stop.requested', mode, job: jobId !== undefined });
    await Promise.all([wanted, noted, stopped]);
    return { deployment: this.#directory.viewDeployment(entry), delivered };
  }

  deployment(name: string): Entry {
    const entry = this.#directory.findDeployment(name);
    if (entry) return entry;
    throw new WireError('not_found', `no deployment is called ${name}`);
  }

  endpoint(name: string): EndpointView {
    const { deployment, instance, apiKey } = this.deployment(name);
    const pick = pickEndpoint(deployment, instance, { apiKey, runDir: this.#directory.deps.runDir });
    if (pick.ok) return pick.endpoint;
    throw new WireError(pick.code, pick.message, { hint: pick.hint });
  }

  async instances(deployment: string | undefined): Promise<InstanceView[]> {
    const stored = await this.#directory.deps.store.listInstances({ deployment });
    return stored.map((record) => this.#viewStored(record));
  }

  async instance(id: string): Promise<InstanceView> {
    const stored = await this.#directory.deps.store.findInstance(id);
    if (stored) return this.#viewStored(stored);
    throw new WireError('not_found', `no instance is called ${id}`);
  }

  async observe(id: string, observed: JobObserved): Promise<InstanceView> {
    await this.#directory.recorder.usable();
    const entry = this.#directory.findInstance(id);
    if (!entry) return this.instance(id);
    const { life, jobId } = entry.instance;
    const known = life.phase !== 'waiting' && life.agent !== undefined;
    const more = observed.jobId === undefined || known || observed.jobId === jobId ? {} : { jobId: observed.jobId };
    await (observed.state
      ? this.#directory.apply(entry, { type: 'job.observed', state: observed.state }, more)
      : this.#directory.change(entry, { instance: more }));
    return this.#directory.viewInstance(entry);
  }

  /** The log tails of a connected agent. */
  line(id: string): LogTails {
    const entry = this.#directory.findInstance(id);
    if (!entry && !this.#directory.findFormer(id)) throw new WireError('not_found', `no instance is called ${id}`);
    if (entry?.line instanceof AgentLink) return entry.line.tails;
    throw new WireError('not_ready', `cannot read the logs of ${id} through its agent because none is connected`, {
      hint: 'The files are in the directory of the job on the cluster: `fairlead status` names it.',
    });
  }

  /** With what only the memory knows, where it knows the instance. */
  #viewStored(record: InstanceRecord): InstanceView {
    const entry = this.#directory.findInstance(record.id);
    return entry ? this.#directory.viewInstance(entry) : viewInstance(record, this.#directory.deps.runDir);
  }

  #newId(): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const characters = `${letters}0123456789`;
    for (;;) {
      let id = letters[randomInt(letters.length)]!;
      while (id.length < 8) id += characters[randomInt(characters.length)]!;
      if (!this.#directory.findInstance(id) && !this.#directory.findFormer(id)) return id;
    }
  }
}
