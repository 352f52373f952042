/** Requests to the service, and what to do where it does not answer. */

const ANSWER_WITHIN_MS = 20_000;
const LONGEST_WAIT_MS = 15_000;

/** The service did not do what it was asked. */
export class RequestFailed extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP
   */
  constructor(message, status) {
    super(message);
    this.status = status;
    // Asking again helps where there are too many requests, or where the service has a fault.
    this.isFinal = status < 500 && status !== 429;
  }
}

/**
 * @template Answer
 * @param {string} url
 * @returns {Promise<Answer>}
 */
export function get(url) {
  return ask(url, {});
}

/**
 * @template Answer
 * @param {string} url
 * @param {object} body
 * @returns {Promise<Answer>}
 */
export function post(url, body) {
  const headers = { 'content-type': 'application/json', 'x-alpaca-rating': '1' };
  return ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/**
 * Asks again, at growing intervals, for as long as the service is not there.
 * @template Answer
 * @param {() => Promise<Answer>} request
 * @param {(text: string) => void} say
 */
export async function untilAnswered(request, say) {
  const waits = growingWaits();
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (error instanceof RequestFailed && error.isFinal) {
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

/**
 * @param {string} url
 * @param {RequestInit} init
 */
async function ask(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new RequestFailed(body.error ?? `HTTP ${response.status}`, response.status);
}
