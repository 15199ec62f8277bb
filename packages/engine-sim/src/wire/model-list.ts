// The body of `GET /v1/models`: one entry per served name.

export interface ListedModel {
  names: readonly string[];
  /** The model's path or Hugging Face id. */
  root: string;
  maxModelLen: number;
}

/** `createId` gives the hexadecimal part of each permission's id. */
export function modelList(model: ListedModel, created: number, createId: () => string): unknown {
  const data = model.names.map((id) => ({
    id,
    object: 'model',
    created,
    owned_by: 'vllm',
    root: model.root,
    parent: null,
    max_model_len: model.maxModelLen,
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
