"""Makes tokenizer.json of the tiny base model: a byte-level BPE over the text on standard input.

    node seeds/tiny-model-tokenizer/corpus.ts | python seeds/tiny-model-tokenizer/make_tokenizer.py

Needs `tokenizers` 0.23.3 (pip). The corpus holds one JSON string a line. Digits are split one by one, as
SmolLM does, so that a small model can learn to compute; `<s>` is put before every text, as Llama does.
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 3072
SPECIAL_TOKENS = ["<unk>", "<s>", "</s>", "[PAD]"]
FOLDER = pathlib.Path(__file__).parent.parent / "tiny-model"


def main() -> None:
    texts = [json.loads(line) for line in sys.stdin]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A",
        pair="<s> $A <s>:1 $B:1",
        special_tokens=[("<s>", tokenizer.token_to_id("<s>"))],
    )
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts))
    print(f"{tokenizer.get_vocab_size()} entries; {len(texts)} texts, {tokens} tokens", file=sys.stderr)


main()
