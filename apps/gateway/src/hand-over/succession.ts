// How this process gives the gateway to another one: it stops to listen, lets go of the claim, and tells the other what it still settles.

import { detach, errorText, type Log } from '@fairlead/kit';

import type { OperatorServer } from '../operator/operator-server.ts';
import type { Relay } from '../relay/open-relay.ts';
import { putJournalAside } from '../store/left-journals.ts';
import type { UsageRecord } from '../usage/usage-record.ts';
import type { UsageState } from '../usage/usage-recorder.ts';
import { tellSettled } from './ask-hand-over.ts';
import { settledOf } from './settled-elsewhere.ts';

export interface SuccessionDeps {
  stateDir: string;
  pid: number;
  startSuccessor?: (() => Promise<void>) | undefined;
  onHandedOver: () => void;
  log: Log;
}

/** What this process gives up. */
export interface Estate {
  listeners: ReadonlyArray<Pick<OperatorServer, 'stopListening'> | undefined>;
  /** What publishers have connected to. */
  published: AsyncDisposable | undefined;
  claim: Pick<DisposableStack, 'dispose'>;
  relay: Pick<Relay, 'drain'>;
  /** Where it cannot write to the database its successor could not be opened. */
  recorder: { readonly state: Pick<UsageState, 'databaseProblem'> };
}

export class Succession {
  readonly #deps: SuccessionDeps;
  readonly #drained = Promise.withResolvers<void>();
  #isOver = false;
  #restarting: Promise<void> | undefined;

  constructor(deps: SuccessionDeps) {
    this.#deps = deps;
  }

  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** When it resolves, another process may have all of it. */
  async handOver({ listeners, published, claim, relay, recorder }: Estate): Promise<void> {
    if (this.#isOver) throw new Error('it has handed over already');
    const { databaseProblem } = recorder.state;
    if (databaseProblem !== undefined) throw new Error(`usage cannot be written to the database: ${databaseProblem}`);
    const { stateDir, pid, onHandedOver, log } = this.#deps;
    // Where this throws the process serves on as before.
    putJournalAside(stateDir, pid);
    this.#isOver = true;
    for (const listener of listeners) listener?.stopListening();
    await published?.[Symbol.asyncDispose]();
    claim.dispose();
    log.info({ op: 'gateway.hand_over', ok: true }, 'another process takes over; requests that run end here');
    onHandedOver();
    // Who asked for it is answered first.
    detach(Promise.all([relay.drain(), this.#restarting]).then(() => this.#drained.resolve()));
  }

  /** Resolves when another process has taken over. */
  async restart(): Promise<void> {
    const { startSuccessor } = this.#deps;
    if (!startSuccessor) throw new Error('it was not started by `fairlead gateway serve`');
    const restarting = startSuccessor();
    // Drained waits until it is answered, however that went; the caller has its error.
    this.#restarting = restarting.catch(() => undefined);
    await restarting;
  }

  /** The rows are written. The successor's budgets are to know of them; where it cannot be told, they know at its next start. */
  noteSettled(records: readonly UsageRecord[]): void {
    if (!this.#isOver) return;
    const { stateDir, log } = this.#deps;
    const tell = async () => {
      try {
        await tellSettled(stateDir, settledOf(records));
      } catch (error) {
        log.warn({ op: 'gateway.settled', ok: false, error: errorText(error) }, 'the successor was not told of usage');
      }
    };
    detach(tell());
  }
}
