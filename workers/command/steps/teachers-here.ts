import type { TeacherProfiles } from '../../../activities/teacher/profile/profiles.ts';
import { localProfiles } from '../../runs/estimate.ts';
import { localTeacherModel } from '../model/local-teacher.ts';

/** What a command asks without an environment: every profile, and the package's own teachers for as long as it runs. */
export interface TeachersHere {
  profiles: TeacherProfiles;
  close(): Promise<void>;
}

/**
 * Starts those of the package's own teachers that are among the named ones.
 *
 * @throws AlpacaError Configuration for profiles that cannot be read, and where the local teacher cannot be had
 */
export async function startTeachers(named: readonly string[]): Promise<TeachersHere> {
  const model = await localTeacherModel(named);
  const local =
    model && (await (await import('../../serve/local-teacher/local-teacher.ts')).startLocalTeacher(model));
  const offline = named.includes('offline')
    ? await (await import('../../offline-teacher/server.ts')).startOfflineTeacher()
    : null;
  const close = async () => {
    await offline?.close();
    await local?.close();
  };
  try {
    return { profiles: await localProfiles(offline?.url ?? null, local?.url ?? null), close };
  } catch (error) {
    await close();
    throw error;
  }
}
