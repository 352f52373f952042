import { serve } from '../../../../activities/process/child-service.ts';

/** A child process that answers with the names of its environment variables. */
serve<null, string[]>(async () => Object.keys(process.env));
