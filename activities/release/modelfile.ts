import { type PromptTemplate, promptParts } from '../tokenize/templates.ts';

export interface ModelfileContents {
  /** the GGUF file beside it */
  file: string;
  /** what the model was taught with; null where it is asked by a chat template of its own */
  taught: PromptTemplate | null;
  /** the texts of the tokens that end an answer, the one that stands behind earlier answers first */
  stops: readonly string[];
  /** the begin token, where the tokenizer puts one before a text */
  begin: string | null;
  /** tokens that the model's context holds */
  contextLength: number;
}

/** The original demo's: a temperature of 0.7 and top_p 0.9. */
const TEMPERATURE = 0.7;
const TOP_P = 0.9;

/**
 * What `ollama create NAME -f Modelfile` makes a model of. Ollama renders conversations by a template of Go's in place of
 * Jinja; it says what the taught chat template says, but that an input stays in its instruction, since there is no way to
 * divide a text there.
 */
export function modelfile({ file, taught, stops, begin, contextLength }: ModelfileContents): string {
  const [end = ''] = stops;
  return [
    `FROM ./${file}`,
    ...(taught === null
      ? ['# Asked by the chat template of its base, which Ollama knows by itself or not: see its TEMPLATE.']
      : [`TEMPLATE """${goTemplate(taught, end, begin)}"""`]),
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

/** Text as Go spells it, none of which is taken for an action or for the end of the template. */
function literal(text: string): string {
  return text === '' ? '' : `{{ ${JSON.stringify(text)} }}`;
}
