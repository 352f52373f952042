/** Two calls of each command, as a person would type them behind `npx alpaca`. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  run: ['run --target 200 --keep', 'run ./mine.yaml --set train.epochs=1 --budget 5'],
  estimate: ['estimate --teacher openai --target 500', 'estimate ./mine.yaml --json'],
  explain: ['explain demo', 'explain ./mine.yaml --set train.method=lora'],
  watch: ['watch my-run', 'watch alpaca-1f0c2b9a --json'],
  schedule: [
    'schedule create nightly --cron "0 3 * * *" --time-zone Europe/Berlin --from rows',
    'schedule pause nightly',
  ],
  serve: ['serve --model tuned=run:my-run --model base=builtin', 'serve --model trained/model --port 0'],
  report: [
    'report my-run --out report.html',
    'report kept.json --compare other.json --out both.html --png charts',
  ],
  release: [
    'release my-run --out release --validation 0.05 --weights model',
    'release kept.json --out release --upload me/rows',
  ],
  reproduce: ['reproduce release', 'reproduce release --store .alpaca/store'],
  export: ['export run:my-run --gguf q8_0 --out gguf', 'export trained/model --gguf f16 --out gguf'],
  rate: ['rate --evaluation my-run --raters 5', 'rate --result rate-k3f9'],
  pairs: [
    'pairs evaluation/annotations.json --out pairs.jsonl',
    'pairs my-run --out pairs.jsonl --conversational',
  ],
  'weight-diff': [
    'weight-diff make --base llama --tuned trained/model --out difference',
    'weight-diff recover --base llama --diff difference --out model',
  ],
  generate: [
    'generate --target 200 --out data.json',
    'generate --teacher openai --budget 2 --target 500 --seed-tasks seeds.jsonl --out data.parquet',
  ],
  dedupe: [
    'dedupe data.json --out kept.json --rejected rejected.jsonl',
    'dedupe data.csv --out kept.jsonl --threshold 0.8 --skip-bad-rows',
  ],
  filter: [
    'filter kept.json --out clean.jsonl --dropped dropped.jsonl --against builtin',
    'filter kept.json --out clean.csv --grade-judge offline --graded graded.jsonl',
  ],
  tokenize: [
    'tokenize kept.json --out tokens',
    'tokenize chats.jsonl --out tokens --model base --format chat',
  ],
  train: [
    'train --data kept.json --out trained',
    'train --data kept.json --out tuned --model base --method lora --lora-rank 16',
  ],
  pretrain: [
    'pretrain --data stories.txt --out pretrained',
    'pretrain --data texts.jsonl --model base --learning-rate 1e-4 --out continued',
  ],
  'plan-memory': ['plan-memory --model base', 'plan-memory --model base --method lora --precision bf16'],
  loss: [
    'loss --data kept.json --model trained/model',
    'loss --data kept.json --model base --adapter tuned/adapter',
  ],
  complete: [
    'complete --model trained/model --instruction "Name a river in Asia." --greedy',
    'complete --model base --adapter tuned/adapter --prompt "Once upon"',
  ],
  evaluate: [
    'evaluate --a trained/model --b builtin --out evaluation',
    'evaluate --a run:my-run --b answers.json --with teacher:offline --out evaluation',
  ],
  winrate: [
    'winrate evaluation/annotations.json',
    'winrate evaluation/annotations.json --length-controlled --json',
  ],
  doctor: ['doctor', 'doctor --json'],
  setup: ['setup', 'setup torch'],
  up: ['up', 'up --headless'],
  down: ['down', 'down --json'],
  workers: ['workers', 'workers --task-queue blue --json'],
  limits: ['limits openai', 'limits openai --requests 500 --tokens 200000'],
  temporal: ['temporal workflow list', 'temporal workflow query --workflow-id my-run --type progress'],
  artifacts: ['artifacts', 'artifacts --kind dataset --json'],
  import: ['import seeds.jsonl', 'import base --kind model'],
  token: ['token create ann --role spend --usd-per-day 5', 'token revoke 1f0c2b9a7d3e'],
  mcp: ['mcp', 'mcp --usd-per-day 5 --name ann'],
  webhook: ['webhook listen', 'webhook listen --port 0 --answer 500 --json'],
  prune: ['prune', 'prune --delete --older-than 30'],
  forget: ['forget my-run', 'forget my-run --json'],
  store: [
    'store copy .alpaca/store s3://bucket/prefix',
    'store copy s3://bucket/prefix .alpaca/store --replace',
  ],
  completion: [
    'completion bash > ~/.local/share/bash-completion/completions/alpaca',
    'completion fish | source',
  ],
};
