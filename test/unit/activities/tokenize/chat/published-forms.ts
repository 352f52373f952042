import { fileURLToPath } from 'node:url';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';

/** A chat template in the form that models of a name have it, and a tokenizer with the tokens that it needs. */
export interface PublishedForm {
  /** without `{% generation %}`, as most are published */
  template: string;
  /** the same with them */
  marked: string;
  tokenizer: string;
  /** special tokens beside those that the tokenizer has */
  tokens: readonly string[];
  endOfText: string;
}

const FIXTURES = fileURLToPath(new URL('../../../../fixtures/tokenize/', import.meta.url));
const [BYTES, SPACES, WHOLE] = [
  builtinPath('tiny-model', 'en'),
  `${FIXTURES}metaspace`,
  `${FIXTURES}ignore-merges`,
];
const IM = ['<|im_start|>', '<|im_end|>'];

/** ChatML; `before` the first message, and what stands for an answer. */
const chatMl = (before: string, answer: string) => `${before}{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.role == 'assistant' %}
        ${answer}
    {%- else %}
        {{- message.content + '<|im_end|>' }}
    {%- endif %}
    {{- '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
`;
const [OPEN, CLOSE] = ['{%- generation %}', '{%- endgeneration %}'];
const SAID = "{{- message.content + '<|im_end|>' }}";
const told = (role: string) =>
  `{%- if messages[0].role != 'system' %}{{- '<|im_start|>system\\n${role}<|im_end|>\\n' }}{%- endif %}\n`;

/** Of Qwen3: an answer is shown with what was thought before it where nobody asked anything after it, and else without. */
const THOUGHT = `{%- set said = message.content.split('</think>')[-1].lstrip('\\n') %}
        {%- set thought = message.content.split('</think>')[0].split('<think>')[-1].strip('\\n') if '</think>' in message.content else '' %}`;
const qwen3 = `{%- set ns = namespace(last=0) %}
{%- for message in messages %}{%- if message.role == 'user' %}{%- set ns.last = loop.index0 %}{%- endif %}{%- endfor %}
${chatMl(
  '',
  `${THOUGHT}
        {%- if loop.index0 > ns.last %}{{- '<think>\\n' + thought + '\\n</think>\\n\\n' }}{%- endif %}
        {{- said + '<|im_end|>' }}`,
)}`;
/** As TRL teaches it: thoughts stay, so that nothing that was rendered changes. */
const qwen3Marked = chatMl(
  '',
  `${THOUGHT}
        ${OPEN}{{- '<think>\\n' + thought + '\\n</think>\\n\\n' + said + '<|im_end|>\\n' }}${CLOSE}`,
).replace(
  "    {{- '\\n' }}\n{%- endfor",
  "    {%- if message.role != 'assistant' %}{{- '\\n' }}{%- endif %}\n{%- endfor",
);

const llama3 = (open: string, close: string) => `{{- bos_token }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}
    {%- if message.role == 'assistant' %}
        ${open}{{- message.content | trim + '<|eot_id|>' }}${close}
    {%- else %}
        {{- message.content | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}`;

const mistral = (open: string, close: string) => `{{- bos_token }}
{%- if messages[0].role == 'system' %}
    {%- set told = messages[0].content + '\\n\\n' %}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set told = '' %}
    {%- set rest = messages %}
{%- endif %}
{%- for message in rest %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Users and assistants take turns.') }}
    {%- endif %}
    {%- if message.role == 'user' %}
        {{- '[INST] ' + (told if loop.first else '') + message.content + ' [/INST]' }}
    {%- else %}
        ${open}{{- ' ' + message.content | trim + eos_token }}${close}
    {%- endif %}
{%- endfor %}`;

const zephyr = (open: string, close: string) => `{% for message in messages %}
{% if message.role == 'assistant' %}
{{ '<|assistant|>\\n' }}${open.replace('{%-', '{%')}{{ message.content + eos_token }}${close.replace('{%-', '{%')}

{% else %}
{{ '<|' + message.role + '|>\\n' + message.content + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}`;

export const PUBLISHED_FORMS: Record<string, PublishedForm> = {
  'Qwen2.5': {
    template: chatMl(told('You are Qwen.'), SAID),
    marked: chatMl(told('You are Qwen.'), OPEN + SAID + CLOSE),
    ...{ tokenizer: BYTES, tokens: IM, endOfText: '<|im_end|>' },
  },
  Qwen3: {
    ...{ template: qwen3, marked: qwen3Marked },
    ...{ tokenizer: BYTES, tokens: IM, endOfText: '<|im_end|>' },
  },
  'Llama 3': {
    ...{ template: llama3('', ''), marked: llama3(OPEN, CLOSE) },
    tokenizer: WHOLE,
    tokens: ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    endOfText: '</s>',
  },
  Mistral: {
    ...{ template: mistral('', ''), marked: mistral(OPEN, CLOSE) },
    ...{ tokenizer: SPACES, tokens: ['[INST]', '[/INST]'], endOfText: '</s>' },
  },
  SmolLM2: {
    template: chatMl(told('You are SmolLM.'), SAID),
    marked: chatMl(told('You are SmolLM.'), OPEN + SAID + CLOSE),
    ...{ tokenizer: `${FIXTURES}nfc`, tokens: IM, endOfText: '<|im_end|>' },
  },
  Zephyr: {
    ...{ template: zephyr('', ''), marked: zephyr(OPEN, CLOSE) },
    ...{ tokenizer: SPACES, tokens: [], endOfText: '</s>' },
  },
  ChatML: {
    ...{ template: chatMl('', SAID), marked: chatMl('', OPEN + SAID + CLOSE) },
    ...{ tokenizer: WHOLE, tokens: IM, endOfText: '</s>' },
  },
};
