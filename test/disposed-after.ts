import type { TestContext } from 'node:test';

const kept = new WeakMap<TestContext, AsyncDisposable[]>();

/**
 * Disposes of a resource when the test has ended; of several, the last one first. What `await using` would do,
 * which Node 22 cannot read.
 */
export function disposedAfter<Resource extends AsyncDisposable>(
  test: TestContext,
  resource: Resource,
): Resource {
  const resources = kept.get(test);
  if (resources) {
    resources.push(resource);
    return resource;
  }
  const first: AsyncDisposable[] = [resource];
  kept.set(test, first);
  test.after(async () => {
    for (const each of first.reverse()) await each[Symbol.asyncDispose]();
  });
  return resource;
}
