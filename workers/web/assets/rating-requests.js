// @ts-nocheck It runs in a browser, and the project is checked against Node's types.

/** Requests to the service, and what to do where it does not answer. */

const ANSWER_WITHIN_MS = 20_000;
const LONGEST_WAIT_MS = 15_000;

export function get(url) {
  return ask(url, {});
}

export function post(url, body) {
  const headers = { 'content-type': 'application/json', 'x-alpaca-rating': '1' };
  return ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Asks again, at growing intervals, for as long as the service is not there. */
export async function untilAnswered(request, say) {
  const waits = growingWaits();
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (error.isFinal) {
        say(error.message);
        throw error;
      }
      say('The service does not answer; trying again.');
      await waits.next();
      say('');
    }
  }
}

/** Waits of half a second, then twice as long each time. */
export function growingWaits() {
  let ms = 500;
  return {
    next() {
      const now = ms;
      ms = Math.min(2 * ms, LONGEST_WAIT_MS);
      return new Promise((resolve) => setTimeout(resolve, now));
    },
  };
}

async function ask(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const { status } = response;
  // Asking again helps where there are too many requests, or where the service has a fault.
  const isFinal = status < 500 && status !== 429;
  throw Object.assign(new Error(body.error ?? `HTTP ${status}`), { isFinal, status });
}
