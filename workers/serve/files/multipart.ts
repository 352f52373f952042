import { Refused } from '../openai-errors.ts';

/** One part of a form that is sent as multipart/form-data (RFC 7578). */
export interface FormPart {
  name: string;
  /** null where it is a field and no file */
  filename: string | null;
  /** its bytes as they come; what is not read of them is passed over */
  content: AsyncGenerator<Buffer>;
}

const LONGEST_HEAD = 16_384;
const MOST_PARTS = 32;
const LINE = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

/** @throws Refused where the header names no boundary */
export function boundaryIn(contentType: string): string {
  const [, quoted, plain] = /boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed('its content-type names no boundary');
  return boundary;
}

/**
 * The parts of a form, one after another: nothing of a part is kept but a chunk at a time.
 *
 * @throws Refused where it is malformed; what reading the body throws
 */
export async function* readForm(body: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<FormPart> {
  const scanner = new Scanner(body);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  for await (const _ of scanner.until(delimiter)) {
    // What stands before the first boundary is nobody's.
  }
  for (let number = 0; ; number += 1) {
    const ending = await scanner.take(LINE.length);
    if (ending.toString('latin1') === '--') return;
    if (!ending.equals(LINE)) throw malformed('a boundary is followed by something else');
    if (number === MOST_PARTS) throw malformed(`it has more than ${MOST_PARTS} parts`);
    const content = scanner.until(delimiter);
    yield { ...describe(await headOf(scanner)), content };
    for await (const _ of content) {
      // What nobody wanted.
    }
  }
}

/**
 * The text of a field.
 *
 * @throws Refused where it is longer than a field of this API can be
 */
export async function fieldText({ name, content }: FormPart): Promise<string> {
  return (await whole(content, 4096, () => malformed(`its field ${name} is long`))).toString('utf8');
}

/** Bytes as they come, cut where a mark stands. */
class Scanner {
  readonly #source: AsyncIterator<Uint8Array>;
  /** so that the first boundary has a line end before it as the others have */
  #rest: Buffer = LINE;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** What comes before the mark, which is passed over. */
  async *until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#rest.indexOf(mark);
      // The last bytes may be the beginning of the mark.
      const sure = at >= 0 ? at : Math.max(0, this.#rest.length - mark.length + 1);
      const before = this.#rest.subarray(0, sure);
      this.#rest = this.#rest.subarray(at >= 0 ? at + mark.length : sure);
      if (before.length > 0) yield before;
      if (at >= 0) return;
      await this.#more();
    }
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#rest.length < bytes) await this.#more();
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw malformed('it ends too early');
    this.#rest = this.#rest.length === 0 ? Buffer.from(value) : Buffer.concat([this.#rest, value]);
  }
}

async function headOf(scanner: Scanner): Promise<string> {
  const head = await whole(scanner.until(HEAD_END), LONGEST_HEAD, () => malformed('a part has a long head'));
  return head.toString('utf8');
}

async function whole(chunks: AsyncIterable<Buffer>, most: number, tooLong: () => Error): Promise<Buffer> {
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw tooLong();
    read.push(chunk);
  }
  return Buffer.concat(read);
}

function describe(head: string): { name: string; filename: string | null } {
  const line = head.split('\r\n').find((each) => /^content-disposition:/i.test(each)) ?? '';
  const name = parameterOf(line, 'name');
  if (name === null) throw malformed('a part has no name');
  return { name, filename: parameterOf(line, 'filename') };
}

/** A parameter as browsers and OpenAI's clients write it: in quotes, line ends and quotes in it percent-encoded. */
function parameterOf(line: string, name: string): string | null {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(line) ?? [];
  const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
  return value?.replaceAll(/%(22|0D|0A)/gi, (found) => decodeURIComponent(found)) ?? null;
}

function malformed(how: string): Refused {
  return new Refused(400, `The body is no form of multipart/form-data: ${how}.`, { code: 'invalid_form' });
}
