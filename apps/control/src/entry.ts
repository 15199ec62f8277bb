// What control holds of one deployment and its current instance: the stored records, and what only the memory knows.

import type { InstanceView, Load, StopMode } from '@fairlead/protocol';

import type { EventAllowance } from './domain/event-allowance.ts';
import type { DeploymentRecord, InstanceRecord } from './domain/records.ts';

/** The agent's side of an instance: what the directory may ask of a connection. */
export interface AgentLine {
  /** Generation of the control socket it came over. */
  readonly generation: number;
  give(mode: StopMode): void;
  /** The last word to an agent that another one replaces. */
  fence(): void;
  drop(): void;
}

export interface Entry {
  deployment: DeploymentRecord;
  instance: InstanceRecord;
  line?: AgentLine | undefined;
  /** In memory only. */
  apiKey?: string | undefined;
  load?: Load | undefined;
  /** The agent that speaks for it, since control's start. */
  agent?: InstanceView['agent'];
  /** When a refusal was last put into the history. */
  refusedMs?: number;
  /** How much more of the history its agents may fill. */
  allowance?: EventAllowance;
}
