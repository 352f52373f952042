# Made of schemas/ by `npm run schema`: change the contracts, not this file.
"""What a run takes, gives and answers. What is left out of an input has its default: send it with `sent`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Sent(BaseModel):
    """What a caller sends. The workers check what its types cannot say."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def sent(self) -> dict[str, Any]:
        """What was set, and nothing else, as JSON has it."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Given(BaseModel):
    """What workers give. A later version may give more, which is left out."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class ArtifactReference(Given):
    uri: str
    sha256: str
    bytes: int
    rows: int


class Estimated(Given):
    value: float
    low: float
    high: float


class SampleSettings(Sent):
    # Seed tasks, one JSON object a line, in the recipe’s schema
    seedTasks: ArtifactReference | str | None = None
    # Instructions of the user-oriented kind, one JSON object a line
    evaluationInstructions: ArtifactReference | str | None = None


class GenerateSettings(Sent):
    # A teacher profile of the worker’s configuration
    teacher: str | None = None
    # Accepted instructions to reach; the request that reaches it is kept whole
    target: int | None = None
    # Rows that exist (JSON, JSONL, CSV or Parquet in the recipe’s format, or of a run `hf:OWNER/NAME[@REVISION][#PART]` where the worker may fetch them) in place of generating
    from_: ArtifactReference | str | None = Field(default=None, alias="from")
    # How instructions and their answers are asked for; Self-Instruct has its own sampling, and nothing of seedTasksPerPrompt, instructionsPerPrompt, temperature, topP and maxTokens
    method: Literal["alpaca", "self-instruct"] | None = None
    # Seed tasks shown in each prompt
    seedTasksPerPrompt: int | None = None
    # Prompts in one request batch; the run ends after the batch that reaches the target
    promptsPerRequest: int | None = None
    # The seed tasks shown are counted in
    instructionsPerPrompt: int | None = None
    # The teacher’s sampling temperature
    temperature: float | None = None
    # The teacher’s nucleus sampling
    topP: float | None = None
    # The most tokens of one answer; lowered where the context is too short, to what has room
    maxTokens: int | None = None
    # Requests taken in one dedupe; what is accepted does not depend on it
    roundSize: int | None = None
    # Requests in flight; changes when things happen, never what is accepted
    concurrency: int | None = None
    # Where prompts depend on what was accepted: a request sees the rows of requests more than so many before it. It decides the data, and no more than so many requests are asked ahead of what is accepted. Null is 32 for Self-Instruct, 4 where there are shares
    seesAfter: int | None = None
    # Shares of classes of instructions, such as { "code": 0.1 }; what is left is of the classes that are not named. Null: as the teacher has them
    classes: dict[str, float] | None = None
    # Questions of each row: above 1 rows become conversations, whose next question and its answer the teacher is asked for, one after the other
    turns: int | None = None
    # The response ledger; runs that name the same one share its answers
    ledger: str | None = None
    # Stop after so many requests in a row with nothing accepted
    collapseAfter: int | None = None
    # Where the yield collapses below this share of the target, generation waits for a person’s `resume` before anything goes on with so few rows; 0 never waits
    leastShare: float | None = None
    # When the teacher stays away past every retry: the first wait; it doubles up to half an hour
    outageWaitSeconds: float | None = None


class DedupeSettingsEmbedding(Sent):
    # The teacher profile whose embeddings endpoint is asked
    teacher: str
    # Reject when a cosine is strictly greater
    threshold: float | None = None
    # Another model than the profile’s, where embedding is free
    model: str | None = None


class DedupeSettings(Sent):
    # Reject when the highest ROUGE-L F1 is strictly greater
    threshold: float | None = None
    # `rouge` is the reference’s a-z0-9, `unicode` is for other scripts, `syllable-pairs` for Korean; null goes by the language, and by the rows
    tokenization: Literal["rouge", "unicode", "syllable-pairs"] | None = None
    # `full` adds the ten most similar and the average to each row
    mode: Literal["full", "threshold"] | None = None
    # What conversations are compared by: the first user message, or all of them
    conversationsBy: Literal["first-message", "user-messages"] | None = None
    # Parts that are searched in parallel, on several machines; the result does not depend on it
    partitions: int | None = None
    # Drop what is left of semantic duplicates too, by embeddings; null does not
    embedding: DedupeSettingsEmbedding | None = None


class FilterSettingsDecontaminate(Sent):
    # JSONL or JSON arrays of objects with texts; `builtin` is the evaluation instructions
    files: list[ArtifactReference | str]
    # Drop a row with so many words of a text there, one after the other; null does not
    words: int | None = None
    # Drop a row whose prompt or input has a ROUGE-L F1 with a text strictly above it; null does not
    rougeL: float | None = None
    # Drop a row whose prompt, input or instruction is a text there, but for case and punctuation
    exact: bool | None = None
    # What a word is: `rouge` is a-z0-9, `unicode` any script; null goes by the language
    tokenization: Literal["rouge", "unicode"] | None = None


class FilterSettingsGrade(Sent):
    # The teacher profile that grades each row from 1 to 5, with a reason
    judge: str
    # Rows with a lower grade are dropped
    least: int | None = None
    # What becomes of a row to which the judge’s reply has no grade that can be read
    ungraded: Literal["keep", "drop"] | None = None
    # A text that says what each grade is for; `builtin` is the package’s
    rubric: ArtifactReference | str | None = None
    # The most tokens of a grade with its reason: many more for a judge that thinks first
    verdictTokens: int | None = None
    # The judge says of each instruction which class it is of, too, in the same reply
    classes: bool | None = None
    # A profile of another model that grades a sample too, to say how far both agree; it drops nothing
    second: str | None = None
    # How many rows the second judge grades
    sample: int | None = None


class FilterSettings(Sent):
    # What rows are looked at for; each may be left out
    rules: list[Literal["json", "code", "arithmetic", "refusal", "truncated", "language", "echo", "markup", "repetition", "personal-data"]] | None = None
    # Drop rows that overlap these files; null does not
    decontaminate: FilterSettingsDecontaminate | None = None
    # Drop rows that a teacher grades low, of those that all else kept; null asks none
    grade: FilterSettingsGrade | None = None


class TokenizeSettings(Sent):
    # The base model: `builtin` (tiny, untrained), a Hugging Face folder, or `hf:OWNER/NAME[@REVISION]` where the worker may fetch it
    model: ArtifactReference | str | None = None
    # Tokens of a row, prompt and answer together; longer rows are cut, plain text into pieces
    maxLength: int | None = None
    # Learn the prompt’s tokens too, in place of masking them
    trainOnPrompt: bool | None = None
    # `alpaca` puts rows into a prompt template, `chat` into a chat template, of which every assistant turn is learnt with what ends it; `text` takes plain text, of which every token is learnt
    format: Literal["alpaca", "chat", "text"] | None = None
    # A JSON file with prompt_input and prompt_no_input; `builtin` for that of the run’s language; null for what the model was taught with. In the format `chat` a Jinja file, or builtin:chatml, builtin:llama3, builtin:mistral, builtin:zephyr; null for the model’s own
    template: ArtifactReference | str | None = None
    # Conversations whose earlier turns the chat template drops or rewrites: learn each answer in a row of its own, as it was asked for; what is left of them as it stands; or refuse them
    rewrittenTurns: Literal["divide", "as-rendered", "refuse"] | None = None
    # Text in a row that spells a special token: its id, as the recipe has it, or plain text
    specialTokensInRows: Literal["parse", "text"] | None = None
    # The share of rows kept out of training, drawn by the run seed
    heldOut: float | None = None
    # Rows to measure on, in place of a share of those to train on
    heldOutData: ArtifactReference | str | None = None


class TrainSettings(Sent):
    # What is trained: all weights, or low-rank adapters beside frozen weights
    method: Literal["full", "lora"] | None = None
    # With LoRA: the rank of an adapter’s two matrices
    loraRank: int | None = None
    # With LoRA: the adapter’s product is multiplied by this over the rank
    loraAlpha: float | None = None
    # With LoRA: the share of an adapter’s inputs that training zeroes
    loraDropout: float | None = None
    # With LoRA: the linear layers that are adapted, in every decoder layer
    loraTargets: list[Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]] | None = None
    # With LoRA: the product is multiplied by alpha over the root of the rank (rsLoRA)
    loraRankStabilized: bool | None = None
    # With LoRA: ranks of some layers, by the end of their names, as `down_proj` or `layers.0.self_attn.q_proj`
    loraRankPattern: dict[str, int] | None = None
    # With LoRA: alphas of some layers, by the end of their names
    loraAlphaPattern: dict[str, float] | None = None
    # How often every row is learnt from
    epochs: int | None = None
    # With one worker: activities that an epoch is trained in; changes nothing of the result
    shardsPerEpoch: int | None = None
    # Rows in an optimizer step
    globalBatch: int | None = None
    # Rows in one forward and backward; gradients accumulate to the global batch
    microBatch: int | None = None
    # Put the rows of a step together into packed rows, each blind to the others: less padding
    packing: bool | None = None
    # With packing: tokens of a packed row, which `microBatch` then counts; at least as many as the longest row of the step has
    packedLength: int | None = None
    # Keep only the inputs of layers and compute the rest again: less memory, a third more work
    activationCheckpointing: bool | None = None
    # The highest; null: 2e-5 for all of pretrained weights, 3e-4 for LoRA beside such, 2e-3 from random weights
    learningRate: float | None = None
    # How the learning rate falls after warm-up
    schedule: Literal["cosine", "linear", "constant"] | None = None
    # The share of steps in which the learning rate rises from 0
    warmupRatio: float | None = None
    # Decoupled, as AdamW’s; norms and biases are exempt
    weightDecay: float | None = None
    # The greatest norm of a gradient; null does not clip
    clipNorm: float | None = None
    # Over all targets of the global batch, or the micro-batches’ means averaged as in the original
    lossReduction: Literal["mean", "micro-batch-mean"] | None = None
    # Coefficient of the squared logarithm of each softmax’s denominator; 0 is off
    zLoss: float | None = None
    # What is computed in, and frozen weights are held in; what is trained is f32
    precision: Literal["f32", "bf16"] | None = None
    # Optimizer steps between two checkpoints
    checkpointEverySteps: int | None = None
    # How many of a run’s latest checkpoints are kept; the best is kept beside them
    keepCheckpoints: int | None = None
    # Optimizer steps between two measurements of held-out loss; null measures before and after only. With several workers: after the round in which a multiple of it falls
    evaluateEverySteps: int | None = None
    # Measurements in a row without improvement that end training early; null never ends it
    patience: int | None = None
    # Nats by which held-out loss must fall below the best before it to count as improved
    minimumImprovement: float | None = None
    # What the trained model leaves in: what its base is in, or float32, in which it was trained
    exportDtype: Literal["base", "float32"] | None = None
    # Export the checkpoint of the lowest measured held-out loss in place of the last
    exportBest: bool | None = None
    # A checkpoint (artifact:// uri) of another run to go on from, at its step
    continueFrom: ArtifactReference | str | None = None
    # What may differ from what the checkpoint to go on from was made with
    allowChanged: list[Literal["config", "tokenizer", "base", "data", "plan", "settings"]] | None = None
    # Shards that are trained at once, on as many GPU workers, and merged after each round
    workers: int | None = None
    # With several workers: optimizer steps that each makes between two merges
    roundSteps: int | None = None
    # With several workers: how a round is merged, by averaging or by DiLoCo’s Nesterov momentum
    outer: Literal["average", "nesterov"] | None = None
    # With `outer` nesterov: what the workers’ mean change is multiplied by
    outerLearningRate: float | None = None
    # With `outer` nesterov: the share of a round’s change that the next one goes on with; null: 1 - 1 / √workers, by which changes of one direction add up to √workers times themselves
    outerMomentum: float | None = None
    # With several workers: what a round’s differences are handed over in; what the encoding loses is made up for in the next round
    roundUpdate: Literal["f32", "bf16", "int8"] | None = None
    # With several workers: whether Adam’s moments begin anew with each round, or each worker goes on with its own, 8 bytes a parameter in the store
    roundMoments: Literal["drop", "keep"] | None = None
    # With several workers: whether a shard weighs by the target tokens that it learnt from
    roundWeights: Literal["targets", "equal"] | None = None
    # With several workers: shards of a round after which the others have `graceSeconds` left; null: all
    quorum: int | None = None
    # With `quorum`: how long a round waits for its late shards once so many are done
    graceSeconds: float | None = None
    # With `quorum`: whether a late shard may end and be merged with the next round, or is stopped and its rows are not learnt from in that epoch
    lateShards: Literal["next-round", "leave-out"] | None = None
    # What trains: this package’s own trainer on one device, PyTorch on several by its launcher torchrun, or a command that the GPU worker knows
    engine: Literal["tensorflow", "torchrun", "command"] | None = None
    # With `engine` torchrun or command: processes on the worker’s machine, each with a GPU of its own
    processes: int | None = None
    # With `engine` torchrun: GPU workers that train together, with so many `processes` each
    nodes: int | None = None
    # With `nodes`: how long workers that are there wait for the others before all are let go and it is tried again
    gatherSeconds: int | None = None
    # With `engine` command: its name; this package has axolotl and llama-factory
    command: str | None = None


class EvaluateSettingsOther(Sent):
    # A teacher profile of the worker’s configuration
    teacher: str


class EvaluateSettings(Sent):
    # The teacher profile that judges
    judge: str | None = None
    # Evaluation instructions used; each is judged in both orders
    maxInstructions: int | None = None
    # The most tokens of a verdict: many more for a judge that thinks before it answers
    verdictTokens: int | None = None
    # The most tokens of an answer
    maxNewTokens: int | None = None
    # 0 is greedy; the original demo used 0.7 with top_p 0.9
    temperature: float | None = None
    # Nucleus sampling, where the temperature is above 0
    topP: float | None = None
    # Candidates beyond the two models: model folders, files of answers, {"teacher": PROFILE}
    others: list[ArtifactReference | str | EvaluateSettingsOther] | None = None
    # With more than two candidates: each against the first, or every pair
    pairs: Literal["first", "all"] | None = None


class ReleaseSettingsSplits(Sent):
    # The share of rows in the split `validation`
    validation: float | None = None
    # The share of rows in the split `test`
    test: float | None = None


class ReleaseSettings(Sent):
    # The folder’s name, and the data set’s
    name: str | None = None
    # As the data set card states it
    licence: str | None = None
    # Rows set apart by the run seed; rows with one instruction are never in two splits
    splits: ReleaseSettingsSplits | None = None
    # What of the trained model goes along: whole, its adapter, its difference to the base, or for llama.cpp
    weights: list[Literal["model", "adapter", "difference", "gguf-f32", "gguf-f16", "gguf-bf16", "gguf-q8_0"]] | None = None
    # As the model card states it; null for the data’s
    modelLicence: str | None = None
    # The base model’s name at the hub, with @COMMIT where it is known, for the model card and the adapter; null where it has none
    baseModel: str | None = None
    # The data set of the hub that the rows were brought in from, with @COMMIT and #PART, for the data set’s card
    sourceDataset: str | None = None
    # Chosen and rejected answers go along: of the run’s evaluation, and of rows that it graded
    pairs: bool | None = None


class RetrainSettings(Sent):
    # What is trained: the model of the schedule’s last run, or tokenize.model each time
    model: Literal["last", "base"] | None = None
    # Which rows: those that no run of the schedule has had, or all once there are such
    rows: Literal["new", "all"] | None = None
    # A run that finds fewer new rows says so and ends; they are new to the next one
    leastRows: int | None = None


class NotifySetting(Sent):
    # Where events are posted to; it stands in the history, so put no secret into it
    url: str
    # Which events go there
    events: list[Literal["stage", "paused", "budget", "done", "failed", "cancelled", "terminated"]] | None = None
    # Signed by the worker’s ALPACA_WEBHOOK_SECRET_NAME, with this name in capitals
    secretName: str | None = None


class AlpacaInput(Sent):
    # The seed that every random choice of the run is a function of
    runSeed: int | None = None
    # The name of a folder of seeds/languages, or of one of your own: prompt, seed tasks, filters and more
    language: str | None = None
    # Shares of languages in what is generated, such as { "en": 0.8, "ko": 0.2 }; null: all is in `language`
    languages: dict[str, float] | None = None
    # Of work that waits for a worker, lower numbers go first
    priority: int | None = None
    # Work of one priority takes turns by this key; null: the id of the run that was started
    fairnessKey: str | None = None
    # Hard cap in dollars over the run; null only where the teachers are free
    budgetUsd: float | None = None
    sample: SampleSettings | None = None
    generate: GenerateSettings | None = None
    dedupe: DedupeSettings | None = None
    # `{}` looks by every rule; null has no such step
    filter: FilterSettings | None = None
    tokenize: TokenizeSettings | None = None
    train: TrainSettings | None = None
    evaluate: EvaluateSettings | None = None
    release: ReleaseSettings | None = None
    # Of a run that a schedule repeats over the growing rows of generate.from; null takes them as they are
    retrain: RetrainSettings | None = None
    # Webhooks that hear of the run; the workers allow their hosts by ALPACA_WEBHOOK_HOSTS
    notify: list[NotifySetting] | None = None


class SampleResult(Given):
    seedTasks: ArtifactReference
    evaluationInstructions: ArtifactReference
    # What texts of the language are compared by
    tokenization: Literal["rouge", "unicode", "syllable-pairs"]
    classificationTasks: int
    tasksWithoutInput: int


class GenerateResultYield(Given):
    asked: int
    parsed: int
    malformed: int
    filtered: dict[str, int]
    similar: int
    accepted: int


class GenerateResultSelfInstructStage(Given):
    stage: Literal["instructions", "classification", "instances", "question-2", "answer-2", "question-3", "answer-3", "question-4", "answer-4", "rows"]
    data: ArtifactReference
    stopReason: Literal["target", "yield-collapsed", "stopped-early", "imported"]
    requests: int
    yield_: GenerateResultYield = Field(alias="yield")
    yieldByRequest: ArtifactReference


class GenerateResultSelfInstructFiles(Given):
    # machine_generated_instructions.jsonl, as the original has it
    instructions: ArtifactReference
    # is_clf_or_not.jsonl
    classification: ArtifactReference
    # machine_generated_instances.jsonl
    instances: ArtifactReference
    # The rows in the original’s layouts, as it trains on them
    finetuning: ArtifactReference


class GenerateResultSelfInstruct(Given):
    stages: list[GenerateResultSelfInstructStage]
    files: GenerateResultSelfInstructFiles


class GenerateResultShare(Given):
    name: str
    target: float
    rows: int


class GenerateResult(Given):
    # Accepted rows in order of acceptance, JSONL with provenance
    data: ArtifactReference
    stopReason: Literal["target", "yield-collapsed", "stopped-early", "imported"]
    requests: int
    prompts: int
    sent: int
    lost: int
    refused: int
    promptTokens: int
    completionTokens: int
    misstated: int | None = None
    costUsd: float
    yield_: GenerateResultYield = Field(alias="yield")
    yieldByRequest: ArtifactReference | None
    selfInstruct: GenerateResultSelfInstruct | None
    # Where rows became conversations: what was asked of them after their first turn, whose figures `yield` has
    turns: list[GenerateResultSelfInstructStage]
    # Of the languages and classes that a run is to have shares of
    shares: list[GenerateResultShare]


class DedupeResultEmbedding(Given):
    model: str
    dimensions: int
    # Rows that ROUGE-L kept and the embeddings rejected
    rejected: int
    # Kept instructions that at least one of these rows resembles
    clusters: int
    largestCluster: int
    # Texts embedded by this run; the rest were embedded before
    sent: int
    # Texts sent without an answer; each may have been paid for
    lost: int
    promptTokens: int
    # Dollars this run spent, lost texts booked at their worst case
    costUsd: float


class DedupeResult(Given):
    # Kept rows, JSONL
    data: ArtifactReference
    # Full mode: kept rows with most_similar_instructions and avg_similarity_score
    similarity: ArtifactReference | None
    # Rejected rows, JSONL, each with the instruction it resembles and the score
    rejected: ArtifactReference
    # Exact duplicates, normalized duplicates and near-duplicate clusters, JSON, bounded in size
    report: ArtifactReference
    # Rows whose instruction came before, character for character
    exactDuplicates: int
    # Rows rejected with all their tokens another’s, in the same order
    normalizedDuplicates: int
    # Kept instructions that at least one rejected row resembles
    clusters: int
    # The most rejected rows that resemble one instruction
    largestCluster: int
    # What the rows were compared by
    tokenization: Literal["rouge", "unicode", "syllable-pairs"]
    # Rows with more words that the reference’s tokenization has no token for than others; absent where none is, or another was asked for
    withoutTokens: int | None = None
    # The pass by embeddings; null where there was none
    embedding: DedupeResultEmbedding | None


class FilterResultGradesAgreementExact(Given):
    share: float
    interval: list[float]


class FilterResultGradesAgreement(Given):
    # The second one
    judge: str
    # Rows that it was asked about
    asked: int
    # Those of them that both gave a grade
    compared: int
    # The same grade; null where none was compared
    exact: FilterResultGradesAgreementExact | None
    # Grades that differ by 1 at the most
    withinOne: FilterResultGradesAgreementExact | None
    # Quadratic weighted kappa: 1 is the same, 0 is chance; null where it is not defined
    kappa: float | None
    # 95%
    kappaInterval: list[float] | None


class FilterResultGradesClasses(Given):
    # Rows by the class that the judge says
    byClass: dict[str, int]
    # Graded rows whose reply had no class that could be read
    unread: int
    # Rows of which the rule says the same; null where none was compared
    same: FilterResultGradesAgreementExact | None
    # Cohen’s kappa: 1 is the same, 0 is chance; null where it is not defined
    kappa: float | None
    # 95%
    kappaInterval: list[float] | None


class FilterResultGrades(Given):
    judge: str
    # What was graded, kept and dropped, JSONL, each with its place and `graded`
    rows: ArtifactReference
    # What it was graded by
    rubric: ArtifactReference
    least: int
    # How many rows got grade 1, 2, 3, 4 and 5
    byGrade: list[int]
    # Rows to which the judge’s reply had no grade that could be read
    ungraded: int
    # null where one judge was asked
    agreement: FilterResultGradesAgreement | None
    # null where no class was asked for
    classes: FilterResultGradesClasses | None
    # Dollars that this run spent on grades, of both judges
    costUsd: float


class FilterResult(Given):
    # Kept rows, JSONL, as they came
    data: ArtifactReference
    # Their nearest neighbours, where these came along
    similarity: ArtifactReference | None
    # The files that they were held against, in the order of the settings
    against: list[ArtifactReference]
    # Dropped rows, JSONL, each with its place and `verdict`
    dropped: ArtifactReference
    # Of each rule that was on, how many rows it dropped
    droppedBy: dict[str, int]
    # null where no teacher was asked
    grades: FilterResultGrades | None


class TokenizeResult(Given):
    # The base model, special tokens added: config.json, model.safetensors, tokenizer.json
    model: ArtifactReference
    # Training rows, Parquet: row (int32), input_ids (list int32), labels (list int32, -100 masked)
    tokens: ArtifactReference
    # Held-out rows, same columns
    heldOutTokens: ArtifactReference
    # Held-out rows as text, JSONL
    heldOutRows: ArtifactReference
    truncated: int
    # Rows whose prompt alone fills maxLength: counted and left out of training
    fullyMasked: int
    # Rows whose end-of-text token was cut off by truncation
    endOfTextLost: int
    # Rows whose prompt ids are not a prefix of the full ids
    prefixMismatches: int
    # Rows whose own text spells a special token
    spellingSpecialTokens: int
    # Conversations whose earlier turns the chat template drops or rewrites
    rewrittenTurns: int
    # What looks like a special token in the chat template, of which the tokenizer has none
    piecesOfTemplate: list[str]
    addedTokens: list[str]


class TrainResultBest(Given):
    step: int
    loss: float
    checkpoint: ArtifactReference


class TrainResultLoss(Given):
    before: float
    after: float


class TrainResult(Given):
    model: ArtifactReference
    # With LoRA: the adapter as a PEFT folder; `model` has it merged
    adapter: ArtifactReference | None
    checkpoint: ArtifactReference
    # One JSON object per optimizer step: step, epoch, loss, learningRate, gradientNorm, tokens, tokensPerSecond
    metrics: ArtifactReference
    # The same as a TensorBoard event file
    tensorBoard: ArtifactReference | None
    # With several workers: one JSON object per round: what it was merged from, and the bytes handed over
    rounds: ArtifactReference | None
    steps: int
    # The highest that it was trained with
    learningRate: float | None
    # What of its settings was out of the ordinary
    warning: str | None
    # The lowest held-out loss measured on the way; null where none was measured
    best: TrainResultBest | None
    # Why training ended before its last step
    stoppedEarly: str | None
    # The most resident memory of the last shard
    peakMemoryBytes: int | None
    parameters: int
    loss: TrainResultLoss


class EvaluateResultHeldOut(Given):
    rows: int
    targets: int
    lossA: float
    lossB: float
    lossPromptsExchanged: float
    lossBigram: float | None
    # Held-out rows left out: the instruction within ROUGE-L 0.7 of a training row’s
    excluded: int


class EvaluateResultBase(Given):
    # Its weights are random ones: nothing has trained them
    isRandom: bool
    # The loss of the same rows in its own chat template, which it was taught; null where it has none of its own
    ownFormLoss: float | None


class EvaluateResultExactMatch(Given):
    rows: int
    right: int
    rate: float
    interval: list[float]


class EvaluateResultHeldOutAnswer(Given):
    instruction: str
    input: str
    wanted: str
    got: str


class EvaluateResultPairwise(Given):
    judge: str
    # Pairs that were judged: wins, losses and ties
    instructions: int
    # Left out: within the dedupe threshold of a training row
    excluded: int
    wins: int
    losses: int
    ties: int
    winRate: float | None
    standardError: float | None
    interval: list[float] | None
    disagreements: int
    pValue: float
    unreadable: int
    unjudged: int


class EvaluateResultCandidateRougeL(Given):
    rows: int
    mean: float


class EvaluateResultCandidateHeldOut(Given):
    loss: float
    perplexity: float


class EvaluateResultCandidate(Given):
    name: str
    kind: Literal["model", "answers", "teacher"]
    answers: ArtifactReference
    meanLength: float
    empty: int
    rougeL: EvaluateResultCandidateRougeL | None
    exactMatch: EvaluateResultExactMatch | None
    # Null where it is no model, or there are no held-out rows
    heldOut: EvaluateResultCandidateHeldOut | None


class EvaluateResultComparisonCategory(Given):
    category: str
    n: int
    wins: int
    losses: int
    ties: int
    winRate: float | None
    standardError: float | None
    interval: list[float] | None


class EvaluateResultComparison(Given):
    # The place in `candidates`, from 0
    a: int
    b: int
    judge: str
    # Pairs that were judged: wins, losses and ties
    instructions: int
    # Left out: within the dedupe threshold of a training row
    excluded: int
    wins: int
    losses: int
    ties: int
    winRate: float | None
    standardError: float | None
    interval: list[float] | None
    disagreements: int
    pValue: float
    unreadable: int
    unjudged: int
    # Characters of an answer, beside the win rate: judges like length
    meanLengthA: float
    meanLengthB: float
    # The forty largest; none where no instruction has a category
    categories: list[EvaluateResultComparisonCategory]
    annotations: ArtifactReference


class EvaluateResult(Given):
    heldOut: EvaluateResultHeldOut | None
    # What modelB is; null where it is no model
    base: EvaluateResultBase | None
    exactMatch: EvaluateResultExactMatch | None
    # Ten held-out rows with modelA’s greedy answers; none where it is no model
    heldOutAnswers: list[EvaluateResultHeldOutAnswer]
    pairwise: EvaluateResultPairwise
    # modelA, modelB, and `others` in their order
    candidates: list[EvaluateResultCandidate]
    comparisons: list[EvaluateResultComparison]
    costUsd: float
    answersA: ArtifactReference
    answersB: ArtifactReference
    annotations: ArtifactReference


class ReleaseResult(Given):
    # alpaca_data.json in the recipe’s format
    dataset: ArtifactReference
    # The folder: data, dataset card, manifest
    release: ArtifactReference
    # One self-contained HTML page
    report: ArtifactReference


class RetrainResult(Given):
    # 0 where there were too few, and the rest of the result is the last run’s
    newRows: int
    # Keys of all rows that runs of the schedule have had, one a line
    known: ArtifactReference
    # Of the run that the rest of the result is of
    runId: str


class AlpacaResult(Given):
    sample: SampleResult
    generate: GenerateResult
    dedupe: DedupeResult
    # null where the run did not filter
    filter: FilterResult | None
    tokenize: TokenizeResult
    train: TrainResult
    evaluate: EvaluateResult
    release: ReleaseResult
    rows: int
    dataset: ArtifactReference
    costUsd: float
    # For the next run of its schedule; null where it retrains nothing
    retrain: RetrainResult | None


class ProgressStage(Given):
    name: Literal["sample", "generate", "dedupe", "filter", "tokenize", "train", "evaluate", "release"]
    state: Literal["waiting", "running", "done", "skipped"]
    done: float
    total: float
    unit: str
    note: str
    startedAt: str | None
    endedAt: str | None


class ProgressLoss(Given):
    latest: float | None
    before: float | None
    after: float | None


class ProgressTraining(Given):
    step: int
    loss: float
    learningRate: float
    gradientNorm: float
    tokensPerSecond: float
    memoryBytes: int
    peakMemoryBytes: int
    heldOutLoss: float | None


class ProgressForecast(Given):
    basis: Literal["assumed", "recorded", "measured", "stage-measured"]
    measuredRequests: int
    requests: Estimated
    promptTokens: Estimated
    completionTokens: Estimated
    costUsd: Estimated
    hours: Estimated
    secondsLeft: Estimated


class Progress(Given):
    state: Literal["running", "paused", "done"]
    stage: Literal["sample", "generate", "dedupe", "filter", "tokenize", "train", "evaluate", "release"]
    stages: list[ProgressStage]
    accepted: int
    target: int
    costUsd: float
    budgetUsd: float | None
    pauseReason: str | None
    pauseKind: Literal["person", "budget", "teacher", "storage", "outage"] | None
    loss: ProgressLoss
    training: ProgressTraining | None = None
    etaSeconds: float | None
    forecast: ProgressForecast | None


class ControlState(Given):
    paused: bool
    budgetUsd: float | None
    target: int
    concurrency: int
    stopEarly: bool
