// Makes the script of a text that the client prescribes by `response_format` or `structured_outputs`. Ignores regular
// expressions and grammars.

import { jsonText, sampleJson } from '../answer/sample-json.ts';
import { freeText, type Script } from '../answer/script.ts';
import { hashText } from '../engine/random.ts';
import { type ApiError, badRequest } from './api-error.ts';
import { type Fields, list, record, text } from './fields.ts';

/** The text for `{"type":"json_object"}`. */
const anyObject = { type: 'object', properties: { answer: { type: 'string', minLength: 20 } } };

/** `format` is `{type, schema}`, wherever the route has it. */
export function structuredScript(format: Fields, structured: Fields, prompt: string): Script {
  const choice = text(list(structured.choice)[0]);
  if (choice !== undefined) return { kind: 'text', text: choice };
  const schema = schemaOf(format, structured);
  if (schema === undefined) return freeText;
  return { kind: 'text', text: jsonText(sampleJson(schema, { seed: hashText(prompt), hints: [] })) };
}

function schemaOf(format: Fields, structured: Fields): unknown {
  if (structured.json !== undefined && structured.json !== null) return readSchema(structured.json);
  if (structured.json_object === true || format.type === 'json_object') return anyObject;
  return format.type === 'json_schema' ? format.schema : undefined;
}

/** vLLM takes a schema as an object or as its text. */
function readSchema(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch (error) {
    if (error instanceof SyntaxError) return anyObject;
    throw error;
  }
}

/** Chat's and completions' `response_format`: the schema lies one level deeper than in Responses. */
export function responseFormat(fields: Fields): Fields {
  const format = record(fields.response_format);
  return { type: format.type, schema: record(format.json_schema).schema };
}

export function checkStructured(fields: Fields): ApiError | undefined {
  const format = record(fields.response_format);
  if (format.type === 'json_schema' && (format.json_schema === undefined || format.json_schema === null)) {
    const message = "When response_format type is 'json_schema', the 'json_schema' field must be provided.";
    return badRequest(message, { name: 'response_format' });
  }
  const structured = record(fields.structured_outputs);
  const kinds = [structured.json, structured.regex, structured.choice].filter((one) => one !== undefined);
  if (kinds.length > 1) {
    const message = "You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice').";
    return badRequest(message);
  }
  return undefined;
}
