// Joins the tables of all sources. A name that the gateway's own deployments have is not given to an upstream, and that of either to no publisher.

import type { ModelTable, OfferedModel } from './offer.ts';

/** `isTaken`: by a source that goes before. */
export type TableBeside = (isTaken: (name: string) => boolean) => ModelTable;

export class ModelSources {
  readonly #onTable: (table: ModelTable) => void;
  #own: ModelTable = new Map();
  #upstreams: TableBeside = () => new Map();
  #published: TableBeside = () => new Map();

  constructor(onTable: (table: ModelTable) => void) {
    this.#onTable = onTable;
  }

  set own(table: ModelTable) {
    this.#own = table;
    this.refresh();
  }

  set upstreams(table: TableBeside) {
    this.#upstreams = table;
  }

  set published(table: TableBeside) {
    this.#published = table;
  }

  /** After a change of upstreams, or of what is published. */
  refresh(): void {
    const joined = new Map<string, OfferedModel>(this.#own);
    for (const tableBeside of [this.#upstreams, this.#published])
      for (const [id, model] of tableBeside((name) => joined.has(name))) if (!joined.has(id)) joined.set(id, model);
    this.#onTable(joined);
  }
}
