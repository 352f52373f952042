import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cached, execute, messageOf } from '../../workers/setup/cache.mjs';

const CHART = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./render_chart.py', import.meta.url));

/** Helm's own engine as a library, and the schemas of Kubernetes: both as packages of PyPI, by version. */
const PACKAGES = ['helm-python-sdk==0.2.2', 'kubernetes-validate==1.37.0'];
const KUBERNETES = '1.33';

interface Rendered {
  /** what Helm's linter says that is no mere information */
  lint: string[];
  /** by kind and name, what is wrong by Kubernetes' schemas, unknown fields too; null: it has none for the kind */
  wrong: Record<string, string | null>;
  objects: Record<string, Record<string, unknown>>;
}

describe('deploy/chart, rendered by Helm', async () => {
  const python = await packages();

  const render = async (values: object): Promise<Rendered> => {
    const env = { ...process.env, PYTHONPATH: python.path };
    return JSON.parse(
      await execute('python3', [PROGRAM, CHART, JSON.stringify(values), KUBERNETES], { env }),
    );
  };
  const kinds = [
    'Deployment/demo-data-worker',
    'Deployment/demo-gpu-worker',
    'Deployment/demo-web',
    'PodDisruptionBudget/demo-data-worker',
    'PodDisruptionBudget/demo-gpu-worker',
    'PodDisruptionBudget/demo-web',
    'Service/demo-web',
  ];

  for (const [how, values] of [
    ['with nothing set', {}],
    [
      'without a GPU, and with Temporal’s own file',
      { gpuWorker: { device: 'cpu' }, temporal: { configFile: true } },
    ],
  ] as const)
    it(`is valid ${how}`, async (test) => {
      if (python.missing !== null) return test.skip(python.missing);
      const { lint, wrong } = await render(values);
      assert.deepEqual(lint, []);
      assert.deepEqual(wrong, Object.fromEntries(kinds.map((kind) => [kind, ''])));
    });

  it('scales by what waits in the queues of each worker, down to none', async (test) => {
    if (python.missing !== null) return test.skip(python.missing);
    const { wrong, objects } = await render({ keda: { enabled: true }, taskQueue: 'alpaca' });
    assert.deepEqual(
      Object.entries(wrong).filter(([, reason]) => reason !== ''),
      [
        ['ScaledObject/demo-data-worker', null],
        ['ScaledObject/demo-gpu-worker', null],
      ],
    );
    assert.deepEqual(objects['ScaledObject/demo-gpu-worker']?.spec, {
      scaleTargetRef: { name: 'demo-gpu-worker' },
      minReplicaCount: 0,
      maxReplicaCount: 4,
      cooldownPeriod: 300,
      advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { selectPolicy: 'Disabled' } } } },
      triggers: [
        {
          type: 'temporal',
          metadata: {
            endpoint: 'temporal-frontend.temporal.svc.cluster.local:7233',
            namespace: 'default',
            taskQueue: 'alpaca-gpu',
            queueTypes: 'activity',
            targetQueueSize: '1',
            activationTargetQueueSize: '0',
            includeRunningWorkflowCount: 'true',
            workflowTaskQueueForCount: 'alpaca',
          },
        },
      ],
    });
    const queues = JSON.stringify(objects['ScaledObject/demo-data-worker']).match(/"taskQueue":"[^"]+"/g);
    assert.deepEqual(queues, [
      '"taskQueue":"alpaca"',
      '"taskQueue":"alpaca-requests"',
      '"taskQueue":"alpaca-processing"',
    ]);
  });

  it('starts GPU workers by their own queue alone where that is wished, and data workers as before', async (test) => {
    if (python.missing !== null) return test.skip(python.missing);
    const values = { keda: { enabled: true }, gpuWorker: { scale: { keepWhileRunning: false } } };
    const { objects } = await render(values);
    const counts = (name: string) =>
      JSON.stringify(objects[`ScaledObject/${name}`]).includes('includeRunningWorkflowCount');
    assert.deepEqual([counts('demo-gpu-worker'), counts('demo-data-worker')], [false, true]);
  });

  it('lets Prometheus find what workers measure, unless that is off', async (test) => {
    if (python.missing !== null) return test.skip(python.missing);
    const told = async (values: object) => {
      const { objects } = await render(values);
      return ['data-worker', 'gpu-worker', 'web'].map((name) => {
        const text = JSON.stringify(objects[`Deployment/demo-${name}`]);
        const parts = [
          '"ALPACA_METRICS_PORT","value":"9500"',
          '"containerPort":9500',
          'prometheus.io/scrape',
        ];
        return parts.filter((part) => text.includes(part)).length;
      });
    };
    assert.deepEqual(await told({ metrics: { port: 9500 } }), [3, 3, 0]);
    assert.deepEqual(await told({ metrics: { enabled: false, port: 9500 } }), [0, 0, 0]);
  });
});

async function packages(): Promise<{ path: string; missing: string | null }> {
  try {
    const path = await cached(PACKAGES.join('-').replaceAll('==', '-'), async (target) => {
      await execute('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, ...PACKAGES]);
    });
    return { path, missing: null };
  } catch (error) {
    return { path: '', missing: `needs Python with pip, and ${PACKAGES.join(' and ')}: ${messageOf(error)}` };
  }
}
