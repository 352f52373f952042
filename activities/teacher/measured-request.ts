import { AlpacaError } from '../errors.ts';
import { measure } from '../telemetry.ts';
import { traced } from '../tracing.ts';
import { teacherFailure } from './answer/failures.ts';
import type { TeacherProfile } from './profile/profiles.ts';

/** What is asked of an endpoint, as a span and the metric of requests name it. */
interface Asked {
  /** leads the span's name; OpenTelemetry has names for the first three */
  operation: 'chat' | 'text_completion' | 'embeddings' | 'batch';
  /** the profile's, or how a limiter of its own has it (`NAME/embeddings`): one that answers hides none that is away */
  name: string;
}

/**
 * Sends one request in a span of its own and measures how long it took and what became of it. Whatever asks a teacher
 * passes here.
 *
 * @param sending sends, and reads what came: an answer that cannot be read is a failure
 * @throws what `teacherFailure` makes of what `sending` throws
 */
export function measuredRequest<Answer>(
  { operation, name }: Asked,
  profile: TeacherProfile,
  sending: () => Promise<Answer>,
): Promise<Answer> {
  const attributes = { 'gen_ai.request.model': profile.model, 'alpaca.profile': profile.name };
  const sentAt = performance.now();
  const ended = (outcome: string) =>
    measure('alpaca_teacher_request_duration_seconds', (performance.now() - sentAt) / 1000, {
      ...{ profile: name, outcome },
    });
  const measured = async () => {
    try {
      const answer = await sending();
      ended('answered');
      return answer;
    } catch (error) {
      const failure = teacherFailure(error, profile);
      ended(failure instanceof AlpacaError ? failure.code : 'defect');
      throw failure;
    }
  };
  return traced(`${operation} ${profile.model}`, attributes, measured, 'CLIENT');
}
