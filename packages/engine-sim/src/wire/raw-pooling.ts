// `/pooling`: what the model's last layer says of each text, without a meaning: its vector, or its classes.

import type { Vocabulary } from '../engine/vocabulary.ts';
import { type ApiError, badRequest, invalidFields } from './api-error.ts';
import { usageWithDetails } from './answer.ts';
import { classesOf } from './classification.ts';
import { missingFields, pythonInput } from './decode-body.ts';
import { checkPoolingModel, embed, encodeVector, encodingOf, readTexts } from './embedding.ts';
import type { Fields } from './fields.ts';
import type { ServedModel } from './generate-request.ts';
import type { DecodedPooling, PoolingHead } from './pooling-request.ts';

export interface Pooler {
  model: ServedModel;
  vocabulary: Vocabulary;
  task: 'embed' | 'classify';
}

/** In the order in which vLLM's schema names them. */
const tasks = ['embed', 'classify', 'token_embed', 'token_classify', 'plugin', 'embed&token_classify'] as const;

export function decodePoolingRequest(fields: Fields, { model, vocabulary, task }: Pooler): DecodedPooling {
  const wrong = checkSchema(fields) ?? checkPoolingModel(fields, model) ?? checkTask(fields, task);
  if (wrong) return { ok: false, error: wrong };
  const read = readTexts(fields, model, vocabulary);
  if ('error' in read) return { ok: false, error: read.error };
  const { texts, promptTokens } = read;
  const encoding = encodingOf(fields);
  const vectorOf = (text: string) => (task === 'embed' ? embed(text) : Float32Array.from(classesOf(text, fields)));
  const answer = ({ id, created }: PoolingHead) => ({
    id: `pooling-${id}`,
    object: 'list',
    created,
    model: model.names[0] ?? '',
    data: texts.map((text, index) => ({ index, object: 'pooling', data: encodeVector(vectorOf(text), encoding) })),
    usage: usageWithDetails({ promptTokens, completionTokens: 0 }),
  });
  return { ok: true, request: { sequences: texts.length, promptTokens, answer } };
}

/** pydantic tries three forms of the request, and reports what each of them lacks. */
function checkSchema(fields: Fields): ApiError | undefined {
  const { task } = fields;
  if (task === undefined || task === null || tasks.some((one) => one === task)) {
    const isBare = fields.input === undefined && fields.messages === undefined;
    return isBare ? missingFields(fields, ['input', 'messages', 'data']) : undefined;
  }
  const words = tasks.map((one) => `'${one}'`);
  const expected = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  const unknown = {
    loc: 'body.task',
    type: 'literal_error',
    msg: `Input should be ${expected}`,
    input: pythonInput(task),
    bound: `{'expected': "${expected}"}`,
  };
  const forms = ['input', 'messages', 'data'].map((name) => {
    if (fields[name] !== undefined) return [unknown];
    return [{ loc: `body.${name}`, type: 'missing', msg: 'Field required', input: pythonInput(fields) }, unknown];
  });
  return invalidFields(forms.flat());
}

function checkTask({ task: asked, dimensions }: Fields, task: Pooler['task']): ApiError | undefined {
  const ofTask = { name: 'task' };
  if (dimensions !== undefined && dimensions !== null)
    return badRequest('dimensions is currently not supported', { name: 'dimensions' });
  if (typeof asked !== 'string' || asked === task) return undefined;
  if (asked === `token_${task}`)
    return badRequest(`Try switching the model's pooling_task via --pooler-config.task ${asked}.`, ofTask);
  return badRequest(`Unsupported task: '${asked}' Supported tasks: ['${task}', 'token_${task}']`, ofTask);
}
