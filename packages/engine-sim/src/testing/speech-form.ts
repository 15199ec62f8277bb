// A form with speech, as clients of the audio routes send it. `file` of the fields: `{seconds}` of a tone, or `{text}`.

const sampleRate = 16_000;
const boundary = 'boundary';

export const formType = `multipart/form-data; boundary=${boundary}`;

export function speechForm(fields: Readonly<Record<string, unknown>>): Buffer {
  const parts = Object.entries(fields).map(([name, value]) => {
    const isFile = name === 'file' && typeof value === 'object' && value !== null;
    const head = isFile ? '; filename="a.wav"\r\nContent-Type: audio/wav' : '';
    const begin = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${head}\r\n\r\n`;
    return Buffer.concat([
      Buffer.from(begin),
      isFile ? fileOf(value) : Buffer.from(String(value)),
      Buffer.from('\r\n'),
    ]);
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

function fileOf(value: object): Buffer {
  if ('seconds' in value) return wave(Number(value.seconds));
  return Buffer.from('text' in value ? String(value.text) : '');
}

/** One channel, 16 bits. */
export function wave(seconds: number): Buffer {
  const samples = Math.floor(sampleRate * seconds);
  const head = Buffer.alloc(44);
  head.write('RIFF....WAVEfmt ');
  head.writeUInt32LE(36 + 2 * samples, 4);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(2 * sampleRate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(2 * samples, 40);
  const sound = Buffer.alloc(2 * samples);
  for (let at = 0; at < samples; at++) sound.writeInt16LE(Math.trunc(8000 * Math.sin(at * 0.05)), 2 * at);
  return Buffer.concat([head, sound]);
}
