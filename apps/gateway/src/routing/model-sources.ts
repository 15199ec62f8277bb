// Joins the tables of all sources. A name that the gateway's own deployments or its upstreams have is not given to a publisher.

import type { ModelTable, OfferedModel } from './offer.ts';

export type PublishedTable = (isTaken: (name: string) => boolean) => ModelTable;

export class ModelSources {
  readonly #onTable: (table: ModelTable) => void;
  #own: ModelTable = new Map();
  #upstreams: ModelTable = new Map();
  #published: PublishedTable = () => new Map();

  constructor(onTable: (table: ModelTable) => void) {
    this.#onTable = onTable;
  }

  set own(table: ModelTable) {
    this.#own = table;
    this.refresh();
  }

  set upstreams(table: ModelTable) {
    this.#upstreams = table;
    this.refresh();
  }

  set published(table: PublishedTable) {
    this.#published = table;
  }

  /** After a change of what is published. */
  refresh(): void {
    const joined = new Map<string, OfferedModel>(this.#own);
    for (const [id, model] of this.#upstreams) if (!joined.has(id)) joined.set(id, model);
    for (const [id, model] of this.#published((name) => joined.has(name))) if (!joined.has(id)) joined.set(id, model);
    this.#onTable(joined);
  }
}
