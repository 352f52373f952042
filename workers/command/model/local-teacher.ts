import { join } from 'node:path';
import { AlpacaError } from '../../../activities/errors.ts';
import { writeGgufFolder } from '../../../activities/release/export-gguf.ts';
import {
  LOCAL_MODEL,
  LOCAL_TEACHER,
  type LocalModel,
} from '../../../activities/teacher/profile/local-profile.ts';
import { messageOf } from '../../setup/cache.mjs';
import { findLlamaCpp } from '../../setup/optional/llama-cpp.mjs';
import { exists, stateFolder } from '../place.ts';
import { fetchKnown, knownModel } from './known-models.ts';
import { isGguf, unpacked } from './unpacked.ts';

/**
 * What the teacher `local` is made of, brought where it is not here yet: llama.cpp, and its model as a GGUF file, which
 * is written of the hub's folder where that is what could be had. Null where none of these teachers is it.
 *
 * @throws AlpacaError Configuration where one of both cannot be had
 */
export async function localTeacherModel(teachers: readonly string[]): Promise<LocalModel | null> {
  const known = knownModel(LOCAL_MODEL);
  if (known === null || !teachers.includes(LOCAL_TEACHER)) return null;
  const { path: library } = await findLlamaCpp().catch((error) => {
    throw new AlpacaError('Configuration', messageOf(error), { cause: error });
  });
  const { path } = await fetchKnown(known);
  const named = { name: LOCAL_MODEL, library };
  if (await isGguf(path)) return { ...named, gguf: path, folder: await unpacked(path) };
  const out = join(stateFolder(), 'unpacked', `${LOCAL_MODEL}-${known.hub.revision.slice(0, 16)}`);
  const gguf = join(out, `${LOCAL_MODEL}-q8_0.gguf`);
  if (!(await exists(gguf))) await writeGgufFolder(path, { out, form: 'q8_0', name: LOCAL_MODEL });
  return { ...named, gguf, folder: path };
}
