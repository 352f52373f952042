"""Times Hugging Face's Rust tokenizers on prompts and whole rows, in batches over all cores:

    python rust_peer.py TOKENIZER TEXTS IDS SAMPLE

TEXTS is {"prompts": [...], "texts": [...]}; the ids of the first SAMPLE texts are written to IDS."""

import json
import sys
import time

import tokenizers

tokenizer_path, texts_path, ids_path, sample = sys.argv[1:]
tokenizer = tokenizers.Tokenizer.from_file(tokenizer_path)
with open(texts_path, encoding="utf-8") as file:
    given = json.load(file)
begun = time.perf_counter()
tokenizer.encode_batch(given["prompts"])
encoded = tokenizer.encode_batch(given["texts"])
seconds = time.perf_counter() - begun
with open(ids_path, "w", encoding="utf-8") as file:
    json.dump([each.ids for each in encoded[: int(sample)]], file)
print(json.dumps({"version": tokenizers.__version__, "seconds": seconds}))
