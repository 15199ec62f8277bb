// Classification: the request, a class for each text, and the body. The model has one class, as that of the recordings.

import type { Vocabulary } from '../engine/vocabulary.ts';
import { usageWithDetails } from './answer.ts';
import { missingFields } from './decode-body.ts';
import { checkPoolingModel, embed, readTexts } from './embedding.ts';
import type { Fields } from './fields.ts';
import type { ServedModel } from './generate-request.ts';
import type { DecodedPooling, PoolingHead } from './pooling-request.ts';

export function decodeClassifyRequest(fields: Fields, model: ServedModel, vocabulary: Vocabulary): DecodedPooling {
  const isBare = fields.input === undefined && fields.messages === undefined;
  const wrong = (isBare && missingFields(fields, ['input', 'messages'])) || checkPoolingModel(fields, model);
  if (wrong) return { ok: false, error: wrong };
  const read = readTexts(fields, model, vocabulary);
  if ('error' in read) return { ok: false, error: read.error };
  const { texts, promptTokens } = read;
  const answer = ({ id, created }: PoolingHead) => ({
    id: `classify-${id}`,
    object: 'list',
    created,
    model: model.names[0] ?? '',
    data: texts.map((text, index) => ({
      index,
      label: 'LABEL_0',
      probs: classesOf(text, fields),
      num_classes: 1,
    })),
    usage: usageWithDetails({ promptTokens, completionTokens: 0 }),
  });
  return { ok: true, request: { sequences: texts.length, promptTokens, answer } };
}

/** A probability for each class; without activation what it is made of. The same for the same text. */
export function classesOf(text: string, { use_activation: activates }: Fields): number[] {
  const [logit = 0] = embed(text);
  return [activates === false ? logit : 1 / (1 + Math.exp(-logit))];
}
