import { describe, expect, test } from 'vitest';
import { openSim } from './testing/open-sim.ts';
import { exactSpeech, sendAgain, shapedSpeech, streamedSpeech } from './testing/recorded-table.ts';
import { eventsOf } from './testing/exchange.ts';
import { runOf, shapeOf } from './testing/shape.ts';
import { formType, speechForm } from './testing/speech-form.ts';

const key = 'k123';
const headers = { 'content-type': formType };
const path = '/v1/audio/transcriptions';
const file = { seconds: 1.5 };

describe('EngineSim: speech, as the recorded Whisper', () => {
  test.each(exactSpeech)('%s: status, headers and body', async (recording) => {
    await using engine = await openSim({ transcribes: true });
    const { answer, recorded } = await sendAgain({ path: engine.path, key }, recording);
    expect(answer.body).toBe(recorded.body);
  });

  test.each(shapedSpeech)('%s: status, headers, fields and the length of the sound', async (recording) => {
    await using engine = await openSim({ transcribes: true });
    const { answer, recorded } = await sendAgain({ path: engine.path, key }, recording);
    const [mine, theirs] = [answer, recorded].map(({ body }) => JSON.parse(body) as { usage?: unknown });
    expect(shapeOf(mine)).toEqual(shapeOf(theirs));
    expect(mine?.usage).toEqual(theirs?.usage);
  });

  test.each(streamedSpeech)('%s: the same events', async (recording) => {
    await using engine = await openSim({ transcribes: true });
    const { answer, recorded } = await sendAgain({ path: engine.path, key }, recording);
    expect(runOf(answer.body)).toEqual(runOf(recorded.body));
  });

  test('the same sound is the same text, whole, with times and as a stream; another sound is another text', async () => {
    await using engine = await openSim({ transcribes: true });
    const send = async (fields: object) =>
      (await engine.send({ path, headers, body: speechForm({ file, ...fields }) })).body;
    const { text } = JSON.parse(await send({})) as { text: string };
    const verbose = JSON.parse(await send({ response_format: 'verbose_json' })) as object;
    expect(verbose).toMatchObject({ text, duration: 1.5, language: 'en', segments: [{ start: 0, end: 1.5, text }] });
    const chunks = eventsOf(await send({ stream: 'true' })).slice(0, -1);
    const said = chunks.map((chunk) => (JSON.parse(chunk) as { choices: [{ delta: { content: string } }] }).choices[0]);
    expect(said.map(({ delta }) => delta.content).join('')).toBe(text);
    expect(await send({ file: { seconds: 2 } })).not.toContain(text);
  });

  test('a body that is no form lacks the file', async () => {
    await using engine = await openSim({ transcribes: true });
    const answer = await engine.send({ path, body: { model: 'tiny' } });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("'loc': 'body.file', 'msg': 'Field required', 'input': '<dict of 13 items>'");
  });

  test('a client that leaves ends its request', async () => {
    await using engine = await openSim({ transcribes: true, decodeMs: 50 });
    using open = engine.open({ path, headers, body: speechForm({ file, stream: 'true' }) });
    await open.until(/data: /);
    open.socket.destroy();
    await engine.sim.idle(AbortSignal.timeout(5_000));
    expect(engine.sim.stats()).toMatchObject({ running: 0, inFlight: 0 });
  });
});
