import type { ProfileFields } from './profile-fields.ts';
import type { TeacherProfile } from './profiles.ts';

/**
 * Where a person sets a field of a profile, for the remedies of failures: the field and its file, or the variable where
 * the environment makes the profile.
 */
export function whereSet(profile: Pick<TeacherProfile, 'name' | 'file'>, field: keyof ProfileFields): string {
  const made = VARIABLES[profile.name === 'offline' ? 'offline' : 'openai'];
  const variable = profile.file === null ? made[field] : undefined;
  return variable ?? `"${field}" in ${profilePlace(profile)}`;
}

/** The profile itself; of one that variables make, which do not say all, one that says the same in a file. */
export function profilePlace({ name, file }: Pick<TeacherProfile, 'name' | 'file'>): string {
  return file === null
    ? `a profile of your own in place of "${name}" (docs/teachers.md)`
    : `the profile "${name}" of ${file}`;
}

const VARIABLES: Record<'offline' | 'openai', Partial<Record<keyof ProfileFields, string>>> = {
  offline: { baseUrl: 'ALPACA_OFFLINE_TEACHER_URL' },
  openai: {
    baseUrl: 'OPENAI_BASE_URL',
    apiKeyVariable: 'OPENAI_API_KEY',
    model: 'OPENAI_MODEL',
    embeddingModel: 'OPENAI_EMBEDDING_MODEL',
    embeddingUsdPerMillion: 'ALPACA_OPENAI_EMBEDDING_PRICE',
  },
};
