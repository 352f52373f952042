import type { TemplateName } from '../tokenize/chat/named-templates.ts';
import { type PromptTemplate, promptParts } from '../tokenize/templates.ts';

export interface ModelfileContents {
  /** the GGUF file beside it */
  file: string;
  /** what the model was taught with; null where it is asked by a chat template of its own */
  taught: PromptTemplate | null;
  /** which of the named chat templates that one is; null for another, or none */
  named: TemplateName | null;
  /** the texts of the tokens that end an answer, the one that stands behind earlier answers first */
  stops: readonly string[];
  /** the begin token, where the tokenizer puts one before a text */
  begin: string | null;
  /** the begin token, where a chat template has to spell it, since the tokenizer does not put it there */
  spelledBegin: string | null;
  /** tokens that the model's context holds */
  contextLength: number;
}

/** The original demo's: a temperature of 0.7 and top_p 0.9. */
const TEMPERATURE = 0.7;
const TOP_P = 0.9;

/**
 * What `ollama create NAME -f Modelfile` makes a model of. Ollama renders conversations by a template of Go's in place of
 * Jinja; it says what the taught chat template says, but that an input stays in its instruction, since there is no way to
 * divide a text there; and so it does of the chat templates that are named here, but that white space around a message stays.
 */
export function modelfile(contents: ModelfileContents): string {
  const { file, taught, named, stops, begin, spelledBegin, contextLength } = contents;
  const [end = ''] = stops;
  const template =
    taught !== null ? goTemplate(taught, end, begin) : named && namedTemplate(named, end, spelledBegin ?? '');
  return [
    `FROM ./${file}`,
    ...(template === null
      ? ['# Asked by the chat template of its base, which Ollama knows by itself or not: see its TEMPLATE.']
      : [`TEMPLATE """${template}"""`]),
    ...stops.map((stop) => `PARAMETER stop ${JSON.stringify(stop)}`),
    `PARAMETER temperature ${TEMPERATURE}`,
    `PARAMETER top_p ${TOP_P}`,
    `PARAMETER num_ctx ${contextLength}`,
    '',
  ].join('\n');
}

/**
 * Messages that nobody answered are gathered, and asked once an answer or the end follows. llama.cpp puts the begin token
 * before the whole by itself; before later turns it is spelled.
 */
function goTemplate(template: PromptTemplate, end: string, begin: string | null): string {
  const prompt = promptParts({ instruction: '', input: '' }, template)
    .map(({ text, fromRow }) => (fromRow ? '{{ $asked }}' : literal(text)))
    .join('');
  const again = begin === null ? '' : `{{ if $began }}${literal(begin)}{{ end }}`;
  return [
    '{{- $asked := "" }}{{ $began := false }}',
    '{{- range $i, $m := .Messages }}{{ $rest := slice $.Messages $i }}',
    `{{- if eq $m.Role "assistant" }}{{ $m.Content }}{{ if gt (len $rest) 1 }}${literal(end)}{{ end }}{{ $asked = "" }}`,
    '{{- else }}',
    '{{- if $asked }}{{ $asked = printf "%s\\n\\n%s" $asked $m.Content }}{{ else }}{{ $asked = $m.Content }}{{ end }}',
    '{{- $asks := true }}',
    '{{- if gt (len $rest) 1 }}{{ $asks = eq (index $rest 1).Role "assistant" }}{{ end }}',
    `{{- if $asks }}${again}${prompt}{{ $began = true }}{{ end }}`,
    '{{- end }}{{ end }}',
  ].join('');
}

/** What stands before a message's role, between it and its text, and behind that. */
const AROUND: Record<Exclude<TemplateName, 'mistral'>, (end: string) => [string, string, string]> = {
  chatml: () => ['<|im_start|>', '\n', '<|im_end|>\n'],
  llama3: () => ['<|start_header_id|>', '<|end_header_id|>\n\n', '<|eot_id|>'],
  zephyr: (end) => ['<|', '|>\n', `${end}\n`],
};

/** An answer that comes last is gone on with; else one is asked for. */
function namedTemplate(name: TemplateName, end: string, begin: string): string {
  const first = (name === 'llama3' || name === 'mistral') && begin !== '' ? literal(begin) : '';
  const each = '{{- range $i, $m := .Messages }}{{ $isLast := eq (len (slice $.Messages $i)) 1 }}';
  const unlessOpen = (text: string) =>
    `{{ if not (and $isLast (eq $m.Role "assistant")) }}${literal(text)}{{ end }}`;
  if (name === 'mistral')
    return [
      `${first}{{- $system := "" }}`,
      `${each}{{ if eq $m.Role "system" }}{{ $system = printf "%s%s\\n\\n" $system $m.Content }}`,
      '{{ else if eq $m.Role "user" }}{{ "[INST] " }}{{ $system }}{{ $m.Content }}{{ " [/INST]" }}{{ $system = "" }}',
      `{{ else }}{{ " " }}{{ $m.Content }}${unlessOpen(end)}{{ end }}{{ end }}`,
    ].join('');
  const [before, between, behind] = AROUND[name](end);
  return [
    `${first}${each}${literal(before)}{{ $m.Role }}${literal(between)}{{ $m.Content }}${unlessOpen(behind)}`,
    `{{ if and $isLast (ne $m.Role "assistant") }}${literal(`${before}assistant${between}`)}{{ end }}{{ end }}`,
  ].join('');
}

/** Text as Go spells it, none of which is taken for an action or for the end of the template. */
function literal(text: string): string {
  return text === '' ? '' : `{{ ${JSON.stringify(text)} }}`;
}
