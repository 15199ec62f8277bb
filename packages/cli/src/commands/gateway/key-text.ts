// Words for a key. Pure.

export interface ShownKey {
  models?: readonly string[] | undefined;
  expiresMs?: number | undefined;
}

/** Where it is shown, once. */
export function keyText({ models, expiresMs }: ShownKey, key: string): string {
  const until = expiresMs === undefined ? 'until it is revoked' : `until ${dateText(expiresMs)}`;
  return `This is their key, for ${keyModelsText(models)}, good ${until}. It is not shown again:\n\n  ${key}`;
}

export function keyModelsText(models: readonly string[] | undefined): string {
  return models?.join(', ') ?? 'all models';
}

/** In UTC. */
export function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
