// From a complete head to what the engine gets for it: its head, how its body is framed, and what becomes of the answer.

import {
  modelRoute,
  modelOf,
  type Refusal,
  refuse,
  type ApiRoute,
  type RequestHead,
  type Framing,
  interpretHead,
} from '@fairlead/openai-wire';
import type { EngineAddress } from '../engine/engine-address.ts';
import { type AdmissionFacts, decideAdmission } from './decide-admission.ts';
import { type EngineAnswer, PassedAnswer } from './engine-answer.ts';
import { renderEngineHead } from './engine-head.ts';
import { ModelAnswer, modelListHead } from './model-answer.ts';

export interface AdmittedRequest {
  route: ApiRoute;
  engineAddress: EngineAddress;
  /** What the engine gets first. */
  head: Buffer;
  /** Of what the engine gets of the body. */
  framing: Framing;
  expectsContinue: boolean;
  answer: EngineAnswer;
}

export type AdmittedOrRefused = { ok: true; request: AdmittedRequest } | { ok: false; refusal: Refusal };

export function admitRequest(head: RequestHead, facts: AdmissionFacts, engineLines: Buffer): AdmittedOrRefused {
  const interpreted = interpretHead(head);
  if (!interpreted.ok) return interpreted;
  const admission = decideAdmission(head, interpreted.value, facts);
  if (!admission.ok) return admission;
  const { route, engineAddress, page } = admission;
  if (route === modelRoute) return askForModel(head, engineAddress, engineLines);
  const { framing, expectsContinue } = interpreted.value;
  const asked = page ? { ...head, target: page.target } : head;
  const engineHead = renderEngineHead(asked, interpreted.value, page?.lines ?? engineLines);
  const answer = new PassedAnswer();
  return { ok: true, request: { route, engineAddress, head: engineHead, framing, expectsContinue, answer } };
}

/** Nothing of the client's own request travels, neither its path nor a body. */
function askForModel(head: RequestHead, engineAddress: EngineAddress, engineLines: Buffer): AdmittedOrRefused {
  const model = modelOf(head.path);
  if (model === undefined) return { ok: false, refusal: badEscape };
  return {
    ok: true,
    request: {
      route: modelRoute,
      engineAddress,
      head: modelListHead(engineLines),
      framing: { kind: 'none' },
      expectsContinue: false,
      answer: new ModelAnswer(model),
    },
  };
}

const badEscape = refuse(
  'bad_request',
  'The name of the model in this path has an escape that is no UTF-8. Correct the client.',
);
