// The list of LoRA adapters: those of the start, and those loaded and unloaded while the server serves. Reads their folders.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { adapterError, type ApiError } from '../wire/api-error.ts';
import { missingFields } from '../wire/decode-body.ts';
import { type Fields, number, record, text } from '../wire/fields.ts';

export interface Adapter {
  name: string;
  path: string;
}

export interface AdapterOptions {
  /** The names of the model itself, which no adapter may have. */
  baseNames: readonly string[];
  /** `--enable-lora`. */
  enabled: boolean;
  maxRank: number;
  initial: readonly Adapter[];
}

export type AdapterAnswer = { ok: true; text: string } | { ok: false; error: ApiError };

export class Adapters {
  readonly #options: AdapterOptions;
  readonly #loaded = new Map<string, Adapter>();

  constructor(options: AdapterOptions) {
    this.#options = options;
    for (const adapter of options.initial) this.#loaded.set(adapter.name, adapter);
  }

  get all(): readonly Adapter[] {
    return [...this.#loaded.values()];
  }

  /** `POST /v1/load_lora_adapter`. */
  async load(fields: Fields): Promise<AdapterAnswer> {
    const missing = missingFields(fields, ['lora_name', 'lora_path']);
    if (missing) return { ok: false, error: missing };
    const name = text(fields.lora_name) ?? '';
    const path = text(fields.lora_path) ?? '';
    const wrong = this.#check(name, path, fields.load_inplace === true) ?? (await this.#checkFolder(name, path));
    if (wrong) return { ok: false, error: wrong };
    this.#loaded.set(name, { name, path });
    return { ok: true, text: `Success: LoRA adapter '${name}' added successfully.` };
  }

  /** `POST /v1/unload_lora_adapter`. */
  unload(fields: Fields): AdapterAnswer {
    const missing = missingFields(fields, ['lora_name']);
    if (missing) return { ok: false, error: missing };
    const name = text(fields.lora_name) ?? '';
    if (name === '') return refuse(400, "'lora_name' needs to be provided to unload a LoRA adapter.");
    if (!this.#loaded.delete(name)) return refuse(404, `The lora adapter '${name}' cannot be found.`);
    return { ok: true, text: `Success: LoRA adapter '${name}' removed successfully.` };
  }

  #check(name: string, path: string, inPlace: boolean): ApiError | undefined {
    if (name === '' || path === '') return adapterError(400, "Both 'lora_name' and 'lora_path' must be provided.");
    if (this.#options.baseNames.includes(name))
      return adapterError(400, `The lora adapter '${name}' conflicts with a served base model.`);
    if (inPlace || !this.#loaded.has(name)) return undefined;
    const again = "If you want to load the adapter in place, set 'load_inplace' to True.";
    return adapterError(400, `The lora adapter '${name}' has already been loaded. ${again}`);
  }

  async #checkFolder(name: string, path: string): Promise<ApiError | undefined> {
    if (!this.#options.enabled) return adapterError(500, 'Call to add_lora method failed: LoRA is not enabled.');
    const rank = await readRank(path);
    if (rank === undefined) return adapterError(404, `Loading lora ${name} failed: No adapter found for ${path}`);
    const { maxRank } = this.#options;
    if (rank <= maxRank) return undefined;
    const cause = `Worker failed with error 'LoRA rank ${rank} is greater than max_lora_rank ${maxRank}.', please check the stack trace above for the root cause`;
    return adapterError(500, `Call to add_lora method failed: ${cause}`);
  }
}

function refuse(status: 400 | 404, message: string): AdapterAnswer {
  return { ok: false, error: adapterError(status, message) };
}

/** The adapter's rank; undefined if the folder holds no adapter. */
async function readRank(path: string): Promise<number | undefined> {
  try {
    return number(record(JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8'))).r) ?? 0;
  } catch (error) {
    if (errnoOf(error) !== undefined || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
