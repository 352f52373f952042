import { z } from 'zod';
import type { StoredFile } from './files.ts';
import type { OfflineTeacherOptions } from './options.ts';

/** One line of a job's input that was understood. */
export interface BatchLine {
  customId: string;
  url: string;
  body: Record<string, unknown>;
}

export interface LineReply {
  status: number;
  body: unknown;
}

export interface BatchJob {
  /** the job as OpenAI's API states it, as of the last look */
  describe(): Record<string, unknown> & { id: string };
  /** answers the lines that are due by now, and states the job */
  look(): Record<string, unknown> & { id: string };
  cancel(): Record<string, unknown> & { id: string };
}

interface JobParts {
  about: {
    id: string;
    endpoint: string;
    input: StoredFile;
    completionWindow: string;
    metadata: Record<string, string> | null;
  };
  /** answers one line, as the teacher's log has it: for this job */
  answer: (line: BatchLine, batch: string) => LineReply;
  /** keeps a file of results; returns its id */
  keep: (name: string, content: string) => string;
  options: OfflineTeacherOptions['batch'];
  /** the provider has too much in its queue already */
  rejected: boolean;
}

type Status = 'validating' | 'failed' | 'in_progress' | 'completed' | 'expired' | 'cancelling' | 'cancelled';

interface BatchError {
  code: string;
  message: string;
  line: number | null;
  param: null;
}

/** A job from its creation to its end; it ends when its time is over, at the first look after that. */
export function createJob({ about, answer, keep, options, rejected }: JobParts): BatchJob {
  const startedAt = Date.now();
  const output: string[] = [];
  const errors: string[] = [];
  const files: { output_file_id: string | null; error_file_id: string | null } = {
    output_file_id: null,
    error_file_id: null,
  };
  let status: Status = 'validating';
  let faults: BatchError[] = [];
  let lines: BatchLine[] = [];
  let answered = 0;

  function begin(): void {
    const read = rejected ? { lines: [], faults: [queueFull()] } : readLines(about.input, about.endpoint);
    ({ lines, faults } = read);
    status = faults.length > 0 ? 'failed' : 'in_progress';
  }

  function answerUpTo(count: number): void {
    for (const line of lines.slice(answered, count)) {
      const { status: code, body } = answer(line, about.id);
      const response = { status_code: code, request_id: `req_${about.id}_${answered}`, body };
      (code === 200 ? output : errors).push(resultLine(about.id, answered, line.customId, response, null));
      answered += 1;
    }
  }

  function end(how: 'completed' | 'expired' | 'cancelled'): void {
    for (const [index, { customId }] of lines.entries()) {
      if (index < answered || how === 'completed') continue;
      const error = { code: `batch_${how}`, message: `This line was not answered: the batch was ${how}.` };
      errors.push(resultLine(about.id, index, customId, null, error));
    }
    if (output.length > 0) files.output_file_id = keep(`${about.id}_output.jsonl`, `${output.join('\n')}\n`);
    if (errors.length > 0) files.error_file_id = keep(`${about.id}_error.jsonl`, `${errors.join('\n')}\n`);
    status = how;
  }

  function advance(): void {
    if (status === 'validating') begin();
    if (status === 'cancelling') end('cancelled');
    if (status !== 'in_progress') return;
    const time = options.seconds === 0 ? 1 : Math.min(1, (Date.now() - startedAt) / (options.seconds * 1000));
    const most = Math.ceil(lines.length * options.expireAfter);
    answerUpTo(Math.min(most, Math.floor(lines.length * time)));
    if (time === 1) end(most < lines.length ? 'expired' : 'completed');
  }

  const describe = () => ({
    id: about.id,
    object: 'batch',
    endpoint: about.endpoint,
    errors: faults.length > 0 ? { object: 'list', data: faults } : null,
    input_file_id: about.input.id,
    completion_window: about.completionWindow,
    status,
    ...files,
    created_at: Math.floor(startedAt / 1000),
    request_counts: {
      total: lines.length,
      completed: output.length,
      failed: answered - output.length,
    },
    metadata: about.metadata,
  });
  return {
    describe,
    look() {
      advance();
      return describe();
    },
    cancel() {
      advance();
      if (status === 'in_progress') status = 'cancelling';
      return describe();
    },
  };
}

const inputLine = z.object({
  custom_id: z.string().min(1),
  method: z.literal('POST'),
  url: z.string(),
  body: z.record(z.string(), z.unknown()),
});

/** OpenAI takes no more lines in one batch. */
const MOST_LINES = 50_000;

function readLines(input: StoredFile, endpoint: string): { lines: BatchLine[]; faults: BatchError[] } {
  const lines: BatchLine[] = [];
  const faults: BatchError[] = [];
  const seen = new Set<string>();
  const fault = (code: string, message: string, line: number | null) =>
    faults.push({ code, message, line, param: null });
  if (input.purpose !== 'batch')
    fault('invalid_file_purpose', 'The file was not uploaded for a batch.', null);
  for (const [index, text] of input.content.toString('utf8').split('\n').entries()) {
    if (text.trim() === '') continue;
    const checked = inputLine.safeParse(parseJson(text));
    if (!checked.success) {
      fault('invalid_json_line', 'This line is no request of a batch.', index + 1);
      continue;
    }
    const { custom_id: customId, url, body } = checked.data;
    if (url !== endpoint) fault('mismatched_url', `This line's url is not ${endpoint}.`, index + 1);
    if (seen.has(customId)) fault('duplicate_custom_id', `The custom_id ${customId} came before.`, index + 1);
    seen.add(customId);
    lines.push({ customId, url, body });
  }
  if (lines.length === 0) fault('empty_file', 'The file holds no requests.', null);
  if (lines.length > MOST_LINES) fault('too_many_lines', `More than ${MOST_LINES} requests.`, null);
  return { lines, faults };
}

function queueFull(): BatchError {
  const message = 'Enqueued token limit reached; this one is made up. Try again when other batches are done.';
  return { code: 'token_limit_exceeded', message, line: null, param: null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function resultLine(
  batch: string,
  index: number,
  customId: string,
  response: { status_code: number; request_id: string; body: unknown } | null,
  error: { code: string; message: string } | null,
): string {
  return JSON.stringify({ id: `batch_req_${batch}_${index}`, custom_id: customId, response, error });
}
