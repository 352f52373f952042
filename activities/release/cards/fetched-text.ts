import { fetchedName } from '../../../workflows/contracts/data/hub.ts';
import { markdownText } from '../../../workflows/decisions/screen/markdown-text.ts';

/** What came from the hub, for people: its name, its part, and the commit that was taken. */
export function fetchedText(fetched: string): string {
  const { name, commit, part } = fetchedName(fetched);
  return markdownText(
    `${name}${part === null ? '' : `, ${part}`}${commit === null ? '' : `, at commit ${commit}`}`,
  );
}
