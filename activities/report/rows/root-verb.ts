import nlp from 'compromise/two';

/** What an instruction asks for: the base form of its verb, and the singular of the verb's direct object. */
export interface VerbNoun {
  verb: string | null;
  noun: string | null;
}

/**
 * The root verb of an English instruction and its direct noun object, lower case; null where there is none.
 *
 * The verb is that of the first command; without a command, of the first question; without either, of the
 * first sentence. Particles are left out ("point out" is "point"). The noun is the head of the object's
 * noun phrase ("a short list of colours" is "list"); pronouns and clauses are no nouns. Of a long text only
 * the first sentences and words are read.
 *
 * Words are tagged by `compromise`; the rules over its tags are this file's. How often both are right:
 * `npm run bench -- verbs`.
 */
export function rootVerb(instruction: string): VerbNoun {
  const sentences = sentencesOf(instruction);
  for (const sentence of sentences) {
    if (!mayCommand(sentence)) continue;
    const words = tagged(sentence);
    const command = findCommand(words);
    if (command !== null) return { verb: command.word, noun: findObject(words, command.at + 1) };
  }
  const asking = sentences.find(isQuestion) ?? sentences[0];
  return asking === undefined ? { verb: null, noun: null } : readClause(tagged(asking));
}

const SENTENCES = 3;
const WORDS = 14;

const isQuestion = (sentence: string) => sentence.endsWith('?');

/** Tagging is what takes the time: sentences that plainly are no commands are spared it. */
function mayCommand(sentence: string): boolean {
  return !isQuestion(sentence) && !/^(the|a|an|this|these|i|he|she|they|we|there|my|our)\b/i.test(sentence);
}

/** Sentences end at a mark and white space, or at a line's end. */
function sentencesOf(text: string): string[] {
  return text
    .slice(0, 2000)
    .split(/(?<=[.?!:])\s+|\n+/)
    .filter((sentence) => /[a-z]/i.test(sentence))
    .slice(0, SENTENCES)
    .map((sentence) => {
      const words = sentence.trim().split(/\s+/);
      return words.length <= WORDS ? words.join(' ') : `${words.slice(0, WORDS).join(' ')}${sentence.at(-1)}`;
    });
}

interface Word {
  /** as written, without punctuation */
  text: string;
  /** lower case */
  word: string;
  /** base form or singular */
  root: string;
  tags: ReadonlySet<string>;
  /** a comma or other mark follows */
  endsPhrase: boolean;
}

function tagged(sentence: string): Word[] {
  return nlp(sentence)
    .compute('root')
    .docs.flat()
    .map((term) => ({
      text: term.text,
      word: term.normal,
      root: 'root' in term && typeof term.root === 'string' ? term.root : term.normal,
      tags: term.tags ?? new Set(),
      endsPhrase: /[,;:.?!)\]]/.test(term.post),
    }));
}

/** A command's verb is first in its sentence, or first after an introduction that ends with a comma. */
function findCommand(words: readonly Word[]): { at: number; word: string } | null {
  if (words.length < 2) return null;
  const starts = [0, ...words.flatMap(({ endsPhrase }, at) => (endsPhrase ? [at + 1] : []))];
  for (const start of starts.slice(0, 3)) {
    let at = start;
    while (POLITE.has(words[at]?.word ?? '') || words[at]?.tags.has('Adverb')) at += 1;
    const word = words[at];
    if (word && isBaseForm(word, words[at + 1], at)) return { at, word: word.word };
    // Only an introduction may come before a command: "For each city, name a river."
    if (start === 0 && !INTRODUCTIONS.some((tag) => words[0]?.tags.has(tag))) return null;
  }
  return null;
}

const POLITE = new Set(['please', 'now', 'then', 'first', 'next', 'also', 'just', 'kindly']);
const INTRODUCTIONS = ['Preposition', 'Conjunction', 'Gerund', 'PastTense', 'Adverb', 'QuestionWord'];

/** Taggers take many a command's first word for a noun ("Sketch a week"): what follows tells more. */
function isBaseForm({ word, text, tags }: Word, next: Word | undefined, at: number): boolean {
  if (tags.has('Infinitive') || tags.has('Imperative')) return true;
  if (['PastTense', 'Gerund', 'Participle', 'Copula', 'Modal', 'Auxiliary'].some((tag) => tags.has(tag)))
    return false;
  if (['Determiner', 'Preposition', 'Conjunction', 'Pronoun', 'QuestionWord'].some((tag) => tags.has(tag)))
    return false;
  if (tags.has('PresentTense') && !word.endsWith('s')) return true;
  const capitalised = /^[A-Z]/.test(text);
  return (
    (at > 0 || capitalised) &&
    next !== undefined &&
    !tags.has('Plural') &&
    (next.tags.has('Determiner') || OBJECT_PRONOUNS.has(next.word) || CLAUSE_OPENERS.has(next.word))
  );
}

const OBJECT_PRONOUNS = new Set([
  'me',
  'us',
  'him',
  'her',
  'them',
  'it',
  'my',
  'your',
  'our',
  'their',
  'its',
]);
const CLAUSE_OPENERS = new Set(['if', 'whether', 'how', 'why', 'what', 'who', 'when', 'where', 'which']);

/** The main verb of a question or statement: past the auxiliaries, or "be" by itself. */
function readClause(words: readonly Word[]): VerbNoun {
  const first = words.findIndex(({ tags }) => tags.has('Verb'));
  if (first === -1) return { verb: null, noun: null };
  const main = words.findIndex(
    ({ tags, word }, at) =>
      at >= first && tags.has('Verb') && !tags.has('Modal') && !tags.has('Copula') && !AUXILIARIES.has(word),
  );
  const copula = words.findIndex(({ tags }) => tags.has('Copula'));
  const isPassive = main !== -1 && words[main]?.tags.has('PastTense') === true;
  if (copula !== -1 && (main === -1 || (copula < main && !isPassive))) return { verb: 'be', noun: null };
  const at = main === -1 ? words.findLastIndex(({ word }) => AUXILIARIES.has(word)) : main;
  const verb = words[at];
  if (verb === undefined) return { verb: null, noun: null };
  // "Where does the tortoise feel at home?": the last of the nouns after "does" is the verb.
  const subject = nounPhrase(words, at + 1);
  const taken = words[subject.end - 1];
  if (main === -1 && subject.nouns > 1 && taken && /^[a-z]/.test(taken.text))
    return { verb: taken.root, noun: findObject(words, subject.end) };
  return { verb: verb.root, noun: findObject(words, at + 1) };
}

const AUXILIARIES = new Set(['do', 'does', 'did', 'have', 'has', 'had', 'will', 'would', 'can', 'could']);

/** The head of the noun phrase that begins at `from`, past particles and a receiver ("give me a list"). */
function findObject(words: readonly Word[], from: number): string | null {
  let at = from;
  while (PARTICLES.has(words[at]?.word ?? '') || words[at]?.tags.has('Adverb')) at += 1;
  if (RECEIVERS.has(words[at]?.word ?? '')) at += 1;
  const phrase = nounPhrase(words, at);
  if (phrase.head === null) return null;
  // "Give this paragraph a title": the second of two noun phrases is the object.
  const second = GIVEN_DETERMINERS.has(words[phrase.end]?.word ?? '') && !phrase.isEnd;
  return (second ? nounPhrase(words, phrase.end).head : null) ?? phrase.head;
}

const PARTICLES = new Set(['up', 'out', 'off', 'down', 'back', 'away', 'over', 'together']);
const RECEIVERS = new Set(['me', 'us', 'him', 'them']);
const GIVEN_DETERMINERS = new Set(['a', 'an', 'the']);

interface NounPhrase {
  head: string | null;
  nouns: number;
  /** the place after it */
  end: number;
  /** a mark ends it */
  isEnd: boolean;
}

function nounPhrase(words: readonly Word[], from: number): NounPhrase {
  let head: Word | null = null;
  let nouns = 0;
  let end = from;
  for (const word of words.slice(from)) {
    const isNoun = isPlainNoun(word) || (end > from && isTakenForVerb(word));
    if (head !== null && (!isNoun || startsName(word, head))) break;
    if (!isNoun && !isModifier(word, end > from)) break;
    if (isNoun) {
      head = word;
      nouns += 1;
    }
    end += 1;
    if (head !== null && word.endsPhrase) return { head: nameOf(head), nouns, end, isEnd: true };
  }
  return { head: head && nameOf(head), nouns, end, isEnd: false };
}

/** The tagger has names of places such as "City of London" as one noun. */
function isPlainNoun({ tags, word }: Word): boolean {
  return word !== 'of' && tags.has('Noun') && !tags.has('Pronoun') && !tags.has('Possessive');
}

/** Within a noun phrase a base form is a noun that the tagger took for a verb: "four test cases". */
function isTakenForVerb({ tags, word }: Word): boolean {
  return tags.has('Infinitive') || tags.has('Gerund') || (tags.has('PresentTense') && !word.endsWith('s'));
}

/** The singular; the base form of a supposed verb would be another word ("docstring"). */
function nameOf(noun: Word): string {
  return isPlainNoun(noun) ? noun.root : noun.word;
}

/** "the things Ada found": a name after a plain noun begins a clause. */
function startsName(word: Word, before: Word): boolean {
  return /^[A-Z]/.test(word.text) && !/^[A-Z]/.test(before.text);
}

/** What stands before a noun: determiners, adjectives, numbers, owners, and participles once it has begun. */
function isModifier({ tags, word }: Word, hasBegun: boolean): boolean {
  if (word === 'of' || NOT_IN_PHRASE.some((tag) => tags.has(tag))) return false;
  if (['Determiner', 'Adjective', 'Value', 'Possessive', 'Comparable'].some((tag) => tags.has(tag)))
    return true;
  return hasBegun && (tags.has('PastTense') || tags.has('Adverb') || word === 'and');
}

const NOT_IN_PHRASE = ['Preposition', 'Conjunction', 'QuestionWord'];
