import { askedLanguage } from './asked-language.ts';
import type { Random } from './random.ts';

/** A prompt for the next message of a conversation, read from its text as a teacher reads it. */
interface ConversationPrompt {
  language: string;
  messages: { speaker: 'User' | 'Assistant'; text: string }[];
  /** whose message is asked for */
  next: 'User' | 'Assistant';
}

/** Null where the text is no such prompt. */
export function readConversationPrompt(prompt: string): ConversationPrompt | null {
  const [opening = '', ...parts] = prompt.split(/\n\n### (User|Assistant):(?:\n|$)/);
  const next = parts.at(-2);
  if (parts.at(-1) !== '' || (next !== 'User' && next !== 'Assistant') || parts.length < 4) return null;
  const messages: ConversationPrompt['messages'] = [];
  for (let at = 0; at < parts.length - 2; at += 2)
    messages.push({ speaker: parts[at] === 'User' ? 'User' : 'Assistant', text: parts[at + 1] ?? '' });
  return { language: askedLanguage(opening), messages, next };
}

/** What is asked of an answer, and what is right: all of it follows from the answer's words. */
const KINDS = {
  count: (words: readonly string[]) => String(words.length),
  first: (words: readonly string[]) => words[0] ?? '',
  last: (words: readonly string[]) => words.at(-1) ?? '',
  reversed: (words: readonly string[]) => words.toReversed().join(' '),
  sorted: (words: readonly string[]) => words.toSorted().join(' '),
} as const;

const ENGLISH: Record<keyof typeof KINDS, string> = {
  count: 'How many words does your answer have?',
  first: 'What is the first word of your answer?',
  last: 'What is the last word of your answer?',
  reversed: 'Write the words of your answer from the last to the first.',
  sorted: 'Put the words of your answer into alphabetical order.',
};

const QUESTIONS: Record<string, typeof ENGLISH> = {
  en: ENGLISH,
  ko: {
    count: '방금 답은 모두 몇 단어인가요?',
    first: '방금 답의 첫 단어는 무엇인가요?',
    last: '방금 답의 마지막 단어는 무엇인가요?',
    reversed: '방금 답의 단어를 뒤에서부터 다시 써 주세요.',
    sorted: '방금 답의 단어를 가나다순으로 늘어놓아 주세요.',
  },
  es: {
    count: '¿Cuántas palabras tiene tu respuesta?',
    first: '¿Cuál es la primera palabra de tu respuesta?',
    last: '¿Cuál es la última palabra de tu respuesta?',
    reversed: 'Escribe las palabras de tu respuesta de la última a la primera.',
    sorted: 'Pon las palabras de tu respuesta en orden alfabético.',
  },
};

/** The next message of a conversation: a question that it has not had, or the right answer to one; null where none is known. */
export function writeTurn({ language, messages, next }: ConversationPrompt, random: Random): string | null {
  if (next === 'User') {
    const had = new Set(messages.map(({ text }) => text));
    const left = Object.values(QUESTIONS[language] ?? ENGLISH).filter((question) => !had.has(question));
    return left.length === 0 ? null : random.pick(left);
  }
  const question = messages.at(-1)?.text;
  const words = (messages.at(-2)?.text ?? '').split(/\s+/).filter((word) => word !== '');
  for (const questions of Object.values(QUESTIONS))
    for (const kind of ['count', 'first', 'last', 'reversed', 'sorted'] as const)
      if (questions[kind] === question) return KINDS[kind](words);
  return null;
}
