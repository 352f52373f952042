"""Measures the peers of our dedupe on one file of JSON lines, and prints JSON.

rouge_score: the LCS F-measure of a sample of pairs, as the recipe's original calls it, in one process.
RapidFuzz: LCSseq.similarity of every pair, over token ids as characters, on all cores. It computes LCS
lengths alone: no F-measure, no mean and no ten best, which our `full` mode has.

    python peers.py FILE SAMPLED_PAIRS CORES
"""

import json
import random
import sys
import time

import numpy
from rapidfuzz import process
from rapidfuzz.distance import LCSseq
from rouge_score import rouge_scorer, tokenize

BLOCK = 1000
# Characters from here on: no surrogates among so many ids.
FIRST_CHARACTER = 0x10000


def read_instructions(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.lstrip().startswith("["):
        return [row["instruction"] for row in json.loads(text)]
    return [json.loads(line)["instruction"] for line in text.splitlines() if line.strip()]


def measure_rouge_score(tokens, count):
    rng = random.Random(1)
    pairs = [tuple(sorted(rng.sample(range(len(tokens)), 2))) for _ in range(count)]
    started = time.perf_counter()
    scores = [rouge_scorer._score_lcs(tokens[a], tokens[b]).fmeasure for a, b in pairs]
    seconds = time.perf_counter() - started
    return {
        "pairs": count,
        "seconds": seconds,
        "scores": [[a, b, score] for (a, b), score in zip(pairs, scores)],
    }


def measure_rapidfuzz(tokens, cores):
    ids = {}
    rows = ["".join(chr(FIRST_CHARACTER + ids.setdefault(token, len(ids))) for token in row) for row in tokens]
    pairs = 0
    started = time.perf_counter()
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        process.cdist(block, rows[: first + len(block)], scorer=LCSseq.similarity, workers=cores, dtype=numpy.uint16)
        pairs += len(block) * (first + len(block))
    return {"pairs": pairs, "seconds": time.perf_counter() - started}


def main():
    path, sample, cores = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tokens = [tokenize.tokenize(text, None) for text in read_instructions(path)]
    print(json.dumps({"rougeScore": measure_rouge_score(tokens, sample), "rapidFuzz": measure_rapidfuzz(tokens, cores)}))


if __name__ == "__main__":
    main()
