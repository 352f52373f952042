import { AlpacaError } from '../../../../activities/errors.ts';
import { createTeacherClient } from '../../../../activities/teacher/client.ts';
import { loadProfiles } from '../../../../activities/teacher/profile/profiles.ts';

/** Asks `openai`, as this process's environment has it, and prints the answer, or why there is none. */
const openai = (await loadProfiles({ env: process.env })).get('openai');
const question = { model: openai.model, temperature: 1, topP: 1, maxTokens: 16, stop: [] };
try {
  const messages = [{ role: 'user' as const, content: 'Go on.' }];
  const { text } = await createTeacherClient(openai, process.env).ask({
    ...question,
    style: 'chat',
    messages,
  });
  console.log(text);
} catch (error) {
  console.log(error instanceof AlpacaError ? `${error.code}: ${error.message}` : error);
}
