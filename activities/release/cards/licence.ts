/** Identifiers that the hub accepts in `license:`; anything else is `other` with a `license_name`. */
const HUB_LICENCES = new Set([
  ...['apache-2.0', 'mit', 'bsd-2-clause', 'bsd-3-clause', 'gpl-3.0', 'lgpl-3.0', 'agpl-3.0', 'mpl-2.0'],
  ...['cc0-1.0', 'cc-by-4.0', 'cc-by-sa-4.0', 'cc-by-nc-4.0', 'cc-by-nc-sa-4.0', 'cc-by-nd-4.0'],
  ...['cc-by-nc-nd-4.0', 'cc-by-3.0', 'cc-by-sa-3.0', 'odc-by', 'odbl', 'pddl', 'openrail', 'unlicense'],
  ...['cdla-permissive-2.0', 'cdla-sharing-1.0', 'llama2', 'llama3', 'llama3.1', 'llama3.2', 'gemma'],
  ...['other', 'unknown'],
]);

/** The licence fields of a card's front matter. */
export function licenceFields(licence: string): { license: string; license_name?: string } {
  const identifier = licence.toLowerCase();
  return HUB_LICENCES.has(identifier) ? { license: identifier } : { license: 'other', license_name: licence };
}
