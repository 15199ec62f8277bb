// The body of `GET /v1/models`: one entry per served name, and one per adapter.

export interface ListedModel {
  names: readonly string[];
  /** The model's path or Hugging Face id. */
  root: string;
  maxModelLen: number;
}

interface Entry {
  id: string;
  root: string;
  parent: string | null;
  maxModelLen: number | null;
}

/** `createId` gives the hexadecimal part of each permission's id. */
export function modelList(
  model: ListedModel,
  adapters: ReadonlyArray<{ name: string; path: string }>,
  { created, createId }: { created: number; createId: () => string },
): unknown {
  const { names, root, maxModelLen } = model;
  const entries: Entry[] = [
    ...names.map((id) => ({ id, root, parent: null, maxModelLen })),
    ...adapters.map(({ name, path }) => ({ id: name, root: path, parent: names[0] ?? null, maxModelLen: null })),
  ];
  const data = entries.map((entry) => ({
    id: entry.id,
    object: 'model',
    created,
    owned_by: 'vllm',
    root: entry.root,
    parent: entry.parent,
    max_model_len: entry.maxModelLen,
    permission: [permission(created, createId())],
  }));
  return { object: 'list', data };
}

function permission(created: number, id: string): unknown {
  return {
    id: `modelperm-${id}`,
    object: 'model_permission',
    created,
    allow_create_engine: false,
    allow_sampling: true,
    allow_logprobs: true,
    allow_search_indices: false,
    allow_view: true,
    allow_fine_tuning: false,
    organization: '*',
    group: null,
    is_blocking: false,
  };
}
