import { AlpacaError } from '../../errors.ts';

/** So many replies without one verdict say that the next would have none either: what they cost is enough. */
const ENOUGH = 16;

/** What a judge is asked for, and where a person sets how many tokens its reply may have. */
export interface VerdictForm {
  output: 'preference' | 'grade' | 'grade-and-class';
  /** the option, and the setting of a run */
  setting: string;
}

export const PREFERENCE: VerdictForm = {
  output: 'preference',
  setting: '--verdict-tokens; evaluate.verdictTokens of a run',
};

export function moreTokens({ setting }: VerdictForm): string {
  return `Raise verdictTokens (${setting}): a judge that thinks needs thousands. Or take another judge.`;
}

/** Of a reply that cannot be read, as the failure shows it. */
const SHOWN = 200;

/** A judge, as far as what it did not say is worded by it. */
interface Silent {
  name: string;
  verdictTokens: number;
}

/** Watches a judge for replies that are none, so that no figure is made of them, and no more is paid for such. */
export class NoVerdicts {
  readonly #judge: Silent;
  readonly #form: VerdictForm;
  #replies = 0;
  #cut = 0;
  #verdicts = 0;
  #text = '';

  constructor(judge: Silent, form: VerdictForm) {
    this.#judge = judge;
    this.#form = form;
  }

  /** @throws AlpacaError Configuration where this is one too many without a verdict */
  count({ text, cut }: { text: string; cut: boolean }, isVerdict: boolean): void {
    this.#replies += 1;
    if (isVerdict) this.#verdicts += 1;
    else if (cut) this.#cut += 1;
    else this.#text ||= text;
    this.refuse(ENOUGH);
  }

  /** @throws AlpacaError Configuration where there were so many replies, and no verdict in any */
  refuse(replies: number): void {
    if (this.#verdicts > 0 || this.#replies < replies) return;
    const { name, verdictTokens } = this.#judge;
    const cut = `${this.#cut} of them were cut at the limit of ${verdictTokens} tokens`;
    const shown = this.#text === '' ? '' : `; one of the others begins: ${this.#text.slice(0, SHOWN)}`;
    throw new AlpacaError(
      'Configuration',
      `The judge "${name}" gave no verdict in ${this.#replies} replies: ${cut}${shown}.`,
      {
        remedy:
          this.#cut > 0
            ? moreTokens(this.#form)
            : 'Take another judge, or one whose profile has structured output. What was answered is kept.',
      },
    );
  }
}
