// A form for a route of OpenAI's audio API with one second of silence: 16-bit samples at 16 kHz, the rate of Whisper. Pure.

import type { FormBody } from './engine-client.ts';

const sampleRate = 16_000;
/** In no WAV header and no silence. */
const boundary = 'fairlead-probe-7d1f';

export function silentForm(model: string): FormBody {
  const part = (head: string) => `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([
      Buffer.from(`${part('name="model"')}\r\n${model}\r\n`),
      Buffer.from(`${part('name="file"; filename="silence.wav"')}Content-Type: audio/wav\r\n\r\n`),
      silence(sampleRate),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}

/** A WAV file: http://soundfile.sapp.org/doc/WaveFormat/ */
function silence(samples: number): Buffer {
  const dataBytes = samples * 2;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'ascii');
  head.writeUInt32LE(36 + dataBytes, 4);
  head.write('WAVEfmt ', 8, 'ascii');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'ascii');
  head.writeUInt32LE(dataBytes, 40);
  return Buffer.concat([head, Buffer.alloc(dataBytes)]);
}
