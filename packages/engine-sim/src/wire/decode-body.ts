// Decodes the bytes of a request body into its fields, or into the refusal of FastAPI and pydantic before any route sees it.

import { type ApiError, invalidField, invalidFields, unsupportedMediaType } from './api-error.ts';
import { type Fields, isRecord } from './fields.ts';
import { pythonJsonError } from './python-json-error.ts';

export type DecodedBody = { ok: true; fields: Fields } | { ok: false; error: ApiError };

export function decodeBody(contentType: string | undefined, text: string): DecodedBody {
  if ((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
    return { ok: false, error: unsupportedMediaType() };
  if (text === '') return refuse('body', { type: 'missing', msg: 'Field required', input: 'None' });
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return { ok: true, fields: value };
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    return refuse('body', { type: 'model_attributes_type', msg, input: pythonInput(value) });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { position, reason } = pythonJsonError(text);
    const detail = { type: 'json_invalid', msg: 'JSON decode error', input: '<dict of 0 items>', ctx: reason };
    return refuse(`body.${position}`, detail);
  }
}

function refuse(loc: string, detail: Parameters<typeof invalidField>[1]): DecodedBody {
  return { ok: false, error: invalidField(loc, detail) };
}

/** The refusal for missing fields; undefined if the body has all of them. */
export function missingFields(fields: Fields, names: readonly string[]): ApiError | undefined {
  const missing = names.filter((name) => fields[name] === undefined);
  if (missing.length === 0) return undefined;
  const input = pythonInput(fields);
  return invalidFields(missing.map((name) => ({ loc: `body.${name}`, type: 'missing', msg: 'Field required', input })));
}

export function notAList(name: string, value: unknown): ApiError {
  const msg = 'Input should be a valid list';
  return invalidField(`body.${name}`, { type: 'list_type', msg, input: pythonInput(value) });
}

/** A value in the form of pydantic's errors. */
export function pythonInput(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `<list of ${value.length} items>`;
  if (isRecord(value)) return `<dict of ${Object.keys(value).length} items>`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const wholeNumbers = ['max_tokens', 'max_completion_tokens', 'n', 'seed', 'min_tokens', 'max_output_tokens'] as const;

/** Checks the most likely wrong types: a text for a number, a number for the model. */
export function wrongTypes(fields: Fields): ApiError | undefined {
  const { model } = fields;
  if (model !== undefined && model !== null && typeof model !== 'string') {
    const msg = 'Input should be a valid string';
    return invalidField('body.model', { type: 'string_type', msg, input: pythonInput(model) });
  }
  for (const name of wholeNumbers) {
    const value = fields[name];
    if (typeof value === 'string' && !/^\s*[+-]?\d+\s*$/.test(value)) {
      const msg = 'Input should be a valid integer, unable to parse string as an integer';
      return invalidField(`body.${name}`, { type: 'int_parsing', msg, input: value });
    }
  }
  return undefined;
}
