// Serves one request with speech, from its form to the last event. The text is generated as every other answer.

import { simulatedFailure } from '../wire/api-error.ts';
import { decodeSpeechRequest } from '../wire/decode-speech-request.ts';
import { readForm } from '../wire/read-form.ts';
import { type GenerateDeps, refusal, respondError, runRequest } from './generate.ts';
import { readBytes } from './read-body.ts';
import type { Exchange } from './respond.ts';

export async function transcribe(
  route: 'transcription' | 'translation',
  exchange: Exchange,
  deps: GenerateDeps,
): Promise<void> {
  const bytes = await readBytes(exchange);
  if (bytes === undefined) return;
  const fault = deps.faults.take();
  if (fault.kind === 'status') return respondError(exchange, simulatedFailure(fault.status));
  const form = await readForm(exchange.request.headers['content-type'], bytes);
  const decoded = decodeSpeechRequest(route, form, deps.model);
  if (!decoded.ok) return respondError(exchange, decoded.error);
  const refused = refusal(deps, 1);
  if (refused) return respondError(exchange, refused);
  runRequest(exchange, decoded.request, fault, deps);
}
