import type { Environment } from '../../../../workers/embedded/environment-file.ts';

/** No process has it: Linux ends at 4,194,304. */
export const DEAD_PID = 2 ** 30;

export function environmentOf(pid: number, processes: Environment['processes'] = []): Environment {
  return {
    state: 'ready',
    pid,
    startedAt: '2026-01-02T03:04:05.000Z',
    existing: false,
    address: '127.0.0.1:7233',
    namespace: 'default',
    uiUrl: 'http://127.0.0.1:8233',
    webUrl: null,
    teacherUrl: null,
    localTeacherUrl: null,
    chatUrl: null,
    store: '/store',
    processes,
  };
}
