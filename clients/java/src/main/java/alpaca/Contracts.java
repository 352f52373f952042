// Made of schemas/ by `npm run schema`: change the contracts, not this file.
package alpaca;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run takes, gives and answers. A field of an input that is null is left out, and has its default; an empty
 * Optional is sent as null, which may be another thing. The workers check what these types cannot say.
 */
public final class Contracts {
    private Contracts() {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ArtifactReference {
        @JsonProperty("uri")
        public String uri;

        @JsonProperty("sha256")
        public String sha256;

        @JsonProperty("bytes")
        public Long bytes;

        @JsonProperty("rows")
        public Long rows;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class Estimated {
        @JsonProperty("value")
        public Double value;

        @JsonProperty("low")
        public Double low;

        @JsonProperty("high")
        public Double high;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class SampleSettings {
        /** Seed tasks, one JSON object a line, in the recipe’s schema */
        @JsonProperty("seedTasks")
        public Object seedTasks;

        /** Instructions of the user-oriented kind, one JSON object a line */
        @JsonProperty("evaluationInstructions")
        public Object evaluationInstructions;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateSettings {
        /** A teacher profile of the worker’s configuration */
        @JsonProperty("teacher")
        public String teacher;

        /** Accepted instructions to reach; the request that reaches it is kept whole */
        @JsonProperty("target")
        public Long target;

        /** Rows that exist (JSON, JSONL, CSV or Parquet in the recipe’s format, or of a run `hf:OWNER/NAME[@REVISION][#PART]` where the worker may fetch them) in place of generating */
        @JsonProperty("from")
        public Optional<Object> from;

        /** How instructions and their answers are asked for; Self-Instruct has its own sampling, and nothing of seedTasksPerPrompt, instructionsPerPrompt, temperature, topP and maxTokens; one of alpaca, self-instruct */
        @JsonProperty("method")
        public String method;

        /** Seed tasks shown in each prompt */
        @JsonProperty("seedTasksPerPrompt")
        public Long seedTasksPerPrompt;

        /** Prompts in one request batch; the run ends after the batch that reaches the target */
        @JsonProperty("promptsPerRequest")
        public Long promptsPerRequest;

        /** The seed tasks shown are counted in */
        @JsonProperty("instructionsPerPrompt")
        public Long instructionsPerPrompt;

        /** The teacher’s sampling temperature */
        @JsonProperty("temperature")
        public Double temperature;

        /** The teacher’s nucleus sampling */
        @JsonProperty("topP")
        public Double topP;

        /** The most tokens of one answer; lowered where the context is too short, to what has room */
        @JsonProperty("maxTokens")
        public Long maxTokens;

        /** Requests taken in one dedupe; what is accepted does not depend on it */
        @JsonProperty("roundSize")
        public Long roundSize;

        /** Requests in flight; changes when things happen, never what is accepted */
        @JsonProperty("concurrency")
        public Long concurrency;

        /** Where prompts depend on what was accepted: a request sees the rows of requests more than so many before it. It decides the data, and no more than so many requests are asked ahead of what is accepted. Null is 32 for Self-Instruct, 4 where there are shares */
        @JsonProperty("seesAfter")
        public Optional<Long> seesAfter;

        /** Shares of classes of instructions, such as { "code": 0.1 }; what is left is of the classes that are not named. Null: as the teacher has them */
        @JsonProperty("classes")
        public Optional<Map<String, Double>> classes;

        /** Questions of each row: above 1 rows become conversations, whose next question and its answer the teacher is asked for, one after the other */
        @JsonProperty("turns")
        public Long turns;

        /** The response ledger; runs that name the same one share its answers */
        @JsonProperty("ledger")
        public String ledger;

        /** Stop after so many requests in a row with nothing accepted */
        @JsonProperty("collapseAfter")
        public Long collapseAfter;

        /** Where the yield collapses below this share of the target, generation waits for a person’s `resume` before anything goes on with so few rows; 0 never waits */
        @JsonProperty("leastShare")
        public Double leastShare;

        /** When the teacher stays away past every retry: the first wait; it doubles up to half an hour */
        @JsonProperty("outageWaitSeconds")
        public Double outageWaitSeconds;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class DedupeSettingsEmbedding {
        /** The teacher profile whose embeddings endpoint is asked */
        @JsonProperty("teacher")
        public String teacher;

        /** Reject when a cosine is strictly greater */
        @JsonProperty("threshold")
        public Double threshold;

        /** Another model than the profile’s, where embedding is free */
        @JsonProperty("model")
        public Optional<String> model;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class DedupeSettings {
        /** Reject when the highest ROUGE-L F1 is strictly greater */
        @JsonProperty("threshold")
        public Double threshold;

        /** `rouge` is the reference’s a-z0-9, `unicode` is for other scripts, `syllable-pairs` for Korean; null goes by the language, and by the rows; one of rouge, unicode, syllable-pairs */
        @JsonProperty("tokenization")
        public Optional<String> tokenization;

        /** `full` adds the ten most similar and the average to each row; one of full, threshold */
        @JsonProperty("mode")
        public String mode;

        /** What conversations are compared by: the first user message, or all of them; one of first-message, user-messages */
        @JsonProperty("conversationsBy")
        public String conversationsBy;

        /** Parts that are searched in parallel, on several machines; the result does not depend on it */
        @JsonProperty("partitions")
        public Long partitions;

        /** Drop what is left of semantic duplicates too, by embeddings; null does not */
        @JsonProperty("embedding")
        public Optional<DedupeSettingsEmbedding> embedding;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterSettingsDecontaminate {
        /** JSONL or JSON arrays of objects with texts; `builtin` is the evaluation instructions */
        @JsonProperty("files")
        public List<Object> files;

        /** Drop a row with so many words of a text there, one after the other; null does not */
        @JsonProperty("words")
        public Optional<Long> words;

        /** Drop a row whose prompt or input has a ROUGE-L F1 with a text strictly above it; null does not */
        @JsonProperty("rougeL")
        public Optional<Double> rougeL;

        /** Drop a row whose prompt, input or instruction is a text there, but for case and punctuation */
        @JsonProperty("exact")
        public Boolean exact;

        /** What a word is: `rouge` is a-z0-9, `unicode` any script; null goes by the language; one of rouge, unicode */
        @JsonProperty("tokenization")
        public Optional<String> tokenization;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterSettingsGrade {
        /** The teacher profile that grades each row from 1 to 5, with a reason */
        @JsonProperty("judge")
        public String judge;

        /** Rows with a lower grade are dropped */
        @JsonProperty("least")
        public Long least;

        /** What becomes of a row to which the judge’s reply has no grade that can be read; one of keep, drop */
        @JsonProperty("ungraded")
        public String ungraded;

        /** A text that says what each grade is for; `builtin` is the package’s */
        @JsonProperty("rubric")
        public Object rubric;

        /** The most tokens of a grade with its reason: many more for a judge that thinks first */
        @JsonProperty("verdictTokens")
        public Long verdictTokens;

        /** The judge says of each instruction which class it is of, too, in the same reply */
        @JsonProperty("classes")
        public Boolean classes;

        /** A profile of another model that grades a sample too, to say how far both agree; it drops nothing */
        @JsonProperty("second")
        public Optional<String> second;

        /** How many rows the second judge grades */
        @JsonProperty("sample")
        public Long sample;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterSettings {
        /** What rows are looked at for; each may be left out; one of json, code, arithmetic, refusal, truncated, language, echo, markup, repetition, personal-data */
        @JsonProperty("rules")
        public List<String> rules;

        /** Drop rows that overlap these files; null does not */
        @JsonProperty("decontaminate")
        public Optional<FilterSettingsDecontaminate> decontaminate;

        /** Drop rows that a teacher grades low, of those that all else kept; null asks none */
        @JsonProperty("grade")
        public Optional<FilterSettingsGrade> grade;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class TokenizeSettings {
        /** The base model: `builtin` (tiny, untrained), a Hugging Face folder, or `hf:OWNER/NAME[@REVISION]` where the worker may fetch it */
        @JsonProperty("model")
        public Object model;

        /** Tokens of a row, prompt and answer together; longer rows are cut, plain text into pieces */
        @JsonProperty("maxLength")
        public Long maxLength;

        /** Learn the prompt’s tokens too, in place of masking them */
        @JsonProperty("trainOnPrompt")
        public Boolean trainOnPrompt;

        /** `alpaca` puts rows into a prompt template, `chat` into a chat template, of which every assistant turn is learnt with what ends it; `text` takes plain text, of which every token is learnt; one of alpaca, chat, text */
        @JsonProperty("format")
        public String format;

        /** A JSON file with prompt_input and prompt_no_input; `builtin` for that of the run’s language; null for what the model was taught with. In the format `chat` a Jinja file, or builtin:chatml, builtin:llama3, builtin:mistral, builtin:zephyr; null for the model’s own */
        @JsonProperty("template")
        public Optional<Object> template;

        /** Conversations whose earlier turns the chat template drops or rewrites: learn each answer in a row of its own, as it was asked for; what is left of them as it stands; or refuse them; one of divide, as-rendered, refuse */
        @JsonProperty("rewrittenTurns")
        public String rewrittenTurns;

        /** Text in a row that spells a special token: its id, as the recipe has it, or plain text; one of parse, text */
        @JsonProperty("specialTokensInRows")
        public String specialTokensInRows;

        /** The share of rows kept out of training, drawn by the run seed */
        @JsonProperty("heldOut")
        public Double heldOut;

        /** Rows to measure on, in place of a share of those to train on */
        @JsonProperty("heldOutData")
        public Optional<Object> heldOutData;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class TrainSettings {
        /** What is trained: all weights, or low-rank adapters beside frozen weights; one of full, lora */
        @JsonProperty("method")
        public String method;

        /** With LoRA: the rank of an adapter’s two matrices */
        @JsonProperty("loraRank")
        public Long loraRank;

        /** With LoRA: the adapter’s product is multiplied by this over the rank */
        @JsonProperty("loraAlpha")
        public Double loraAlpha;

        /** With LoRA: the share of an adapter’s inputs that training zeroes */
        @JsonProperty("loraDropout")
        public Double loraDropout;

        /** With LoRA: the linear layers that are adapted, in every decoder layer; one of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj */
        @JsonProperty("loraTargets")
        public List<String> loraTargets;

        /** With LoRA: the product is multiplied by alpha over the root of the rank (rsLoRA) */
        @JsonProperty("loraRankStabilized")
        public Boolean loraRankStabilized;

        /** With LoRA: ranks of some layers, by the end of their names, as `down_proj` or `layers.0.self_attn.q_proj` */
        @JsonProperty("loraRankPattern")
        public Map<String, Long> loraRankPattern;

        /** With LoRA: alphas of some layers, by the end of their names */
        @JsonProperty("loraAlphaPattern")
        public Map<String, Double> loraAlphaPattern;

        /** How often every row is learnt from */
        @JsonProperty("epochs")
        public Long epochs;

        /** With one worker: activities that an epoch is trained in; changes nothing of the result */
        @JsonProperty("shardsPerEpoch")
        public Long shardsPerEpoch;

        /** Rows in an optimizer step */
        @JsonProperty("globalBatch")
        public Long globalBatch;

        /** Rows in one forward and backward; gradients accumulate to the global batch */
        @JsonProperty("microBatch")
        public Long microBatch;

        /** Put the rows of a step together into packed rows, each blind to the others: less padding */
        @JsonProperty("packing")
        public Boolean packing;

        /** With packing: tokens of a packed row, which `microBatch` then counts; at least as many as the longest row of the step has */
        @JsonProperty("packedLength")
        public Long packedLength;

        /** Keep only the inputs of layers and compute the rest again: less memory, a third more work */
        @JsonProperty("activationCheckpointing")
        public Boolean activationCheckpointing;

        /** The highest; null: 2e-5 for all of pretrained weights, 3e-4 for LoRA beside such, 2e-3 from random weights */
        @JsonProperty("learningRate")
        public Optional<Double> learningRate;

        /** How the learning rate falls after warm-up; one of cosine, linear, constant */
        @JsonProperty("schedule")
        public String schedule;

        /** The share of steps in which the learning rate rises from 0 */
        @JsonProperty("warmupRatio")
        public Double warmupRatio;

        /** Decoupled, as AdamW’s; norms and biases are exempt */
        @JsonProperty("weightDecay")
        public Double weightDecay;

        /** The greatest norm of a gradient; null does not clip */
        @JsonProperty("clipNorm")
        public Optional<Double> clipNorm;

        /** Over all targets of the global batch, or the micro-batches’ means averaged as in the original; one of mean, micro-batch-mean */
        @JsonProperty("lossReduction")
        public String lossReduction;

        /** Coefficient of the squared logarithm of each softmax’s denominator; 0 is off */
        @JsonProperty("zLoss")
        public Double zLoss;

        /** What is computed in, and frozen weights are held in; what is trained is f32; one of f32, bf16 */
        @JsonProperty("precision")
        public String precision;

        /** Optimizer steps between two checkpoints */
        @JsonProperty("checkpointEverySteps")
        public Long checkpointEverySteps;

        /** How many of a run’s latest checkpoints are kept; the best is kept beside them */
        @JsonProperty("keepCheckpoints")
        public Long keepCheckpoints;

        /** Optimizer steps between two measurements of held-out loss; null measures before and after only. With several workers: after the round in which a multiple of it falls */
        @JsonProperty("evaluateEverySteps")
        public Optional<Long> evaluateEverySteps;

        /** Measurements in a row without improvement that end training early; null never ends it */
        @JsonProperty("patience")
        public Optional<Long> patience;

        /** Nats by which held-out loss must fall below the best before it to count as improved */
        @JsonProperty("minimumImprovement")
        public Double minimumImprovement;

        /** What the trained model leaves in: what its base is in, or float32, in which it was trained; one of base, float32 */
        @JsonProperty("exportDtype")
        public String exportDtype;

        /** Export the checkpoint of the lowest measured held-out loss in place of the last */
        @JsonProperty("exportBest")
        public Boolean exportBest;

        /** A checkpoint (artifact:// uri) of another run to go on from, at its step */
        @JsonProperty("continueFrom")
        public Optional<Object> continueFrom;

        /** What may differ from what the checkpoint to go on from was made with; one of config, tokenizer, base, data, plan, settings */
        @JsonProperty("allowChanged")
        public List<String> allowChanged;

        /** Shards that are trained at once, on as many GPU workers, and merged after each round */
        @JsonProperty("workers")
        public Long workers;

        /** With several workers: optimizer steps that each makes between two merges */
        @JsonProperty("roundSteps")
        public Long roundSteps;

        /** With several workers: how a round is merged, by averaging or by DiLoCo’s Nesterov momentum; one of average, nesterov */
        @JsonProperty("outer")
        public String outer;

        /** With `outer` nesterov: what the workers’ mean change is multiplied by */
        @JsonProperty("outerLearningRate")
        public Double outerLearningRate;

        /** With `outer` nesterov: the share of a round’s change that the next one goes on with; null: 1 - 1 / √workers, by which changes of one direction add up to √workers times themselves */
        @JsonProperty("outerMomentum")
        public Optional<Double> outerMomentum;

        /** With several workers: what a round’s differences are handed over in; what the encoding loses is made up for in the next round; one of f32, bf16, int8 */
        @JsonProperty("roundUpdate")
        public String roundUpdate;

        /** With several workers: whether Adam’s moments begin anew with each round, or each worker goes on with its own, 8 bytes a parameter in the store; one of drop, keep */
        @JsonProperty("roundMoments")
        public String roundMoments;

        /** With several workers: whether a shard weighs by the target tokens that it learnt from; one of targets, equal */
        @JsonProperty("roundWeights")
        public String roundWeights;

        /** With several workers: shards of a round after which the others have `graceSeconds` left; null: all */
        @JsonProperty("quorum")
        public Optional<Long> quorum;

        /** With `quorum`: how long a round waits for its late shards once so many are done */
        @JsonProperty("graceSeconds")
        public Double graceSeconds;

        /** With `quorum`: whether a late shard may end and be merged with the next round, or is stopped and its rows are not learnt from in that epoch; one of next-round, leave-out */
        @JsonProperty("lateShards")
        public String lateShards;

        /** What trains: this package’s own trainer on one device, PyTorch on several by its launcher torchrun, or a command that the GPU worker knows; one of tensorflow, torchrun, command */
        @JsonProperty("engine")
        public String engine;

        /** With `engine` torchrun or command: processes on the worker’s machine, each with a GPU of its own */
        @JsonProperty("processes")
        public Long processes;

        /** With `engine` torchrun: GPU workers that train together, with so many `processes` each */
        @JsonProperty("nodes")
        public Long nodes;

        /** With `nodes`: how long workers that are there wait for the others before all are let go and it is tried again */
        @JsonProperty("gatherSeconds")
        public Long gatherSeconds;

        /** With `engine` command: its name; this package has axolotl and llama-factory */
        @JsonProperty("command")
        public Optional<String> command;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateSettingsOther {
        /** A teacher profile of the worker’s configuration */
        @JsonProperty("teacher")
        public String teacher;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateSettings {
        /** The teacher profile that judges */
        @JsonProperty("judge")
        public String judge;

        /** Evaluation instructions used; each is judged in both orders */
        @JsonProperty("maxInstructions")
        public Long maxInstructions;

        /** The most tokens of a verdict: many more for a judge that thinks before it answers */
        @JsonProperty("verdictTokens")
        public Long verdictTokens;

        /** The most tokens of an answer */
        @JsonProperty("maxNewTokens")
        public Long maxNewTokens;

        /** 0 is greedy; the original demo used 0.7 with top_p 0.9 */
        @JsonProperty("temperature")
        public Double temperature;

        /** Nucleus sampling, where the temperature is above 0 */
        @JsonProperty("topP")
        public Double topP;

        /** Candidates beyond the two models: model folders, files of answers, {"teacher": PROFILE} */
        @JsonProperty("others")
        public List<Object> others;

        /** With more than two candidates: each against the first, or every pair; one of first, all */
        @JsonProperty("pairs")
        public String pairs;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ReleaseSettingsSplits {
        /** The share of rows in the split `validation` */
        @JsonProperty("validation")
        public Double validation;

        /** The share of rows in the split `test` */
        @JsonProperty("test")
        public Double test;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ReleaseSettings {
        /** The folder’s name, and the data set’s */
        @JsonProperty("name")
        public String name;

        /** As the data set card states it */
        @JsonProperty("licence")
        public String licence;

        /** Rows set apart by the run seed; rows with one instruction are never in two splits */
        @JsonProperty("splits")
        public ReleaseSettingsSplits splits;

        /** What of the trained model goes along: whole, its adapter, its difference to the base, or for llama.cpp; one of model, adapter, difference, gguf-f32, gguf-f16, gguf-bf16, gguf-q8_0 */
        @JsonProperty("weights")
        public List<String> weights;

        /** As the model card states it; null for the data’s */
        @JsonProperty("modelLicence")
        public Optional<String> modelLicence;

        /** The base model’s name at the hub, with @COMMIT where it is known, for the model card and the adapter; null where it has none */
        @JsonProperty("baseModel")
        public Optional<String> baseModel;

        /** The data set of the hub that the rows were brought in from, with @COMMIT and #PART, for the data set’s card */
        @JsonProperty("sourceDataset")
        public String sourceDataset;

        /** Chosen and rejected answers go along: of the run’s evaluation, and of rows that it graded */
        @JsonProperty("pairs")
        public Boolean pairs;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class RetrainSettings {
        /** What is trained: the model of the schedule’s last run, or tokenize.model each time; one of last, base */
        @JsonProperty("model")
        public String model;

        /** Which rows: those that no run of the schedule has had, or all once there are such; one of new, all */
        @JsonProperty("rows")
        public String rows;

        /** A run that finds fewer new rows says so and ends; they are new to the next one */
        @JsonProperty("leastRows")
        public Long leastRows;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class NotifySetting {
        /** Where events are posted to; it stands in the history, so put no secret into it */
        @JsonProperty("url")
        public String url;

        /** Which events go there; one of stage, paused, budget, done, failed, cancelled, terminated */
        @JsonProperty("events")
        public List<String> events;

        /** Signed by the worker’s ALPACA_WEBHOOK_SECRET_NAME, with this name in capitals */
        @JsonProperty("secretName")
        public String secretName;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class AlpacaInput {
        /** The seed that every random choice of the run is a function of */
        @JsonProperty("runSeed")
        public Long runSeed;

        /** The name of a folder of seeds/languages, or of one of your own: prompt, seed tasks, filters and more */
        @JsonProperty("language")
        public String language;

        /** Shares of languages in what is generated, such as { "en": 0.8, "ko": 0.2 }; null: all is in `language` */
        @JsonProperty("languages")
        public Optional<Map<String, Double>> languages;

        /** Of work that waits for a worker, lower numbers go first */
        @JsonProperty("priority")
        public Long priority;

        /** Work of one priority takes turns by this key; null: the id of the run that was started */
        @JsonProperty("fairnessKey")
        public Optional<String> fairnessKey;

        /** Hard cap in dollars over the run; null only where the teachers are free */
        @JsonProperty("budgetUsd")
        public Optional<Double> budgetUsd;

        @JsonProperty("sample")
        public SampleSettings sample;

        @JsonProperty("generate")
        public GenerateSettings generate;

        @JsonProperty("dedupe")
        public DedupeSettings dedupe;

        /** `{}` looks by every rule; null has no such step */
        @JsonProperty("filter")
        public Optional<FilterSettings> filter;

        @JsonProperty("tokenize")
        public TokenizeSettings tokenize;

        @JsonProperty("train")
        public TrainSettings train;

        @JsonProperty("evaluate")
        public EvaluateSettings evaluate;

        @JsonProperty("release")
        public ReleaseSettings release;

        /** Of a run that a schedule repeats over the growing rows of generate.from; null takes them as they are */
        @JsonProperty("retrain")
        public Optional<RetrainSettings> retrain;

        /** Webhooks that hear of the run; the workers allow their hosts by ALPACA_WEBHOOK_HOSTS */
        @JsonProperty("notify")
        public List<NotifySetting> notify;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class SampleResult {
        @JsonProperty("seedTasks")
        public ArtifactReference seedTasks;

        @JsonProperty("evaluationInstructions")
        public ArtifactReference evaluationInstructions;

        /** What texts of the language are compared by; one of rouge, unicode, syllable-pairs */
        @JsonProperty("tokenization")
        public String tokenization;

        @JsonProperty("classificationTasks")
        public Long classificationTasks;

        @JsonProperty("tasksWithoutInput")
        public Long tasksWithoutInput;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateResultYield {
        @JsonProperty("asked")
        public Long asked;

        @JsonProperty("parsed")
        public Long parsed;

        @JsonProperty("malformed")
        public Long malformed;

        @JsonProperty("filtered")
        public Map<String, Long> filtered;

        @JsonProperty("similar")
        public Long similar;

        @JsonProperty("accepted")
        public Long accepted;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateResultSelfInstructStage {
        /** one of instructions, classification, instances, question-2, answer-2, question-3, answer-3, question-4, answer-4, rows */
        @JsonProperty("stage")
        public String stage;

        @JsonProperty("data")
        public ArtifactReference data;

        /** one of target, yield-collapsed, stopped-early, imported */
        @JsonProperty("stopReason")
        public String stopReason;

        @JsonProperty("requests")
        public Long requests;

        @JsonProperty("yield")
        public GenerateResultYield yield;

        @JsonProperty("yieldByRequest")
        public ArtifactReference yieldByRequest;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateResultSelfInstructFiles {
        /** machine_generated_instructions.jsonl, as the original has it */
        @JsonProperty("instructions")
        public ArtifactReference instructions;

        /** is_clf_or_not.jsonl */
        @JsonProperty("classification")
        public ArtifactReference classification;

        /** machine_generated_instances.jsonl */
        @JsonProperty("instances")
        public ArtifactReference instances;

        /** The rows in the original’s layouts, as it trains on them */
        @JsonProperty("finetuning")
        public ArtifactReference finetuning;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateResultSelfInstruct {
        @JsonProperty("stages")
        public List<GenerateResultSelfInstructStage> stages;

        @JsonProperty("files")
        public GenerateResultSelfInstructFiles files;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateResultShare {
        @JsonProperty("name")
        public String name;

        @JsonProperty("target")
        public Double target;

        @JsonProperty("rows")
        public Long rows;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class GenerateResult {
        /** Accepted rows in order of acceptance, JSONL with provenance */
        @JsonProperty("data")
        public ArtifactReference data;

        /** one of target, yield-collapsed, stopped-early, imported */
        @JsonProperty("stopReason")
        public String stopReason;

        @JsonProperty("requests")
        public Long requests;

        @JsonProperty("prompts")
        public Long prompts;

        @JsonProperty("sent")
        public Long sent;

        @JsonProperty("lost")
        public Long lost;

        @JsonProperty("refused")
        public Long refused;

        @JsonProperty("promptTokens")
        public Long promptTokens;

        @JsonProperty("completionTokens")
        public Long completionTokens;

        @JsonProperty("misstated")
        public Long misstated;

        @JsonProperty("costUsd")
        public Double costUsd;

        @JsonProperty("yield")
        public GenerateResultYield yield;

        @JsonProperty("yieldByRequest")
        public ArtifactReference yieldByRequest;

        @JsonProperty("selfInstruct")
        public GenerateResultSelfInstruct selfInstruct;

        /** Where rows became conversations: what was asked of them after their first turn, whose figures `yield` has */
        @JsonProperty("turns")
        public List<GenerateResultSelfInstructStage> turns;

        /** Of the languages and classes that a run is to have shares of */
        @JsonProperty("shares")
        public List<GenerateResultShare> shares;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class DedupeResultEmbedding {
        @JsonProperty("model")
        public String model;

        @JsonProperty("dimensions")
        public Long dimensions;

        /** Rows that ROUGE-L kept and the embeddings rejected */
        @JsonProperty("rejected")
        public Long rejected;

        /** Kept instructions that at least one of these rows resembles */
        @JsonProperty("clusters")
        public Long clusters;

        @JsonProperty("largestCluster")
        public Long largestCluster;

        /** Texts embedded by this run; the rest were embedded before */
        @JsonProperty("sent")
        public Long sent;

        /** Texts sent without an answer; each may have been paid for */
        @JsonProperty("lost")
        public Long lost;

        @JsonProperty("promptTokens")
        public Long promptTokens;

        /** Dollars this run spent, lost texts booked at their worst case */
        @JsonProperty("costUsd")
        public Double costUsd;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class DedupeResult {
        /** Kept rows, JSONL */
        @JsonProperty("data")
        public ArtifactReference data;

        /** Full mode: kept rows with most_similar_instructions and avg_similarity_score */
        @JsonProperty("similarity")
        public ArtifactReference similarity;

        /** Rejected rows, JSONL, each with the instruction it resembles and the score */
        @JsonProperty("rejected")
        public ArtifactReference rejected;

        /** Exact duplicates, normalized duplicates and near-duplicate clusters, JSON, bounded in size */
        @JsonProperty("report")
        public ArtifactReference report;

        /** Rows whose instruction came before, character for character */
        @JsonProperty("exactDuplicates")
        public Long exactDuplicates;

        /** Rows rejected with all their tokens another’s, in the same order */
        @JsonProperty("normalizedDuplicates")
        public Long normalizedDuplicates;

        /** Kept instructions that at least one rejected row resembles */
        @JsonProperty("clusters")
        public Long clusters;

        /** The most rejected rows that resemble one instruction */
        @JsonProperty("largestCluster")
        public Long largestCluster;

        /** What the rows were compared by; one of rouge, unicode, syllable-pairs */
        @JsonProperty("tokenization")
        public String tokenization;

        /** Rows with more words that the reference’s tokenization has no token for than others; absent where none is, or another was asked for */
        @JsonProperty("withoutTokens")
        public Long withoutTokens;

        /** The pass by embeddings; null where there was none */
        @JsonProperty("embedding")
        public DedupeResultEmbedding embedding;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterResultGradesAgreementExact {
        @JsonProperty("share")
        public Double share;

        @JsonProperty("interval")
        public List<Double> interval;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterResultGradesAgreement {
        /** The second one */
        @JsonProperty("judge")
        public String judge;

        /** Rows that it was asked about */
        @JsonProperty("asked")
        public Long asked;

        /** Those of them that both gave a grade */
        @JsonProperty("compared")
        public Long compared;

        /** The same grade; null where none was compared */
        @JsonProperty("exact")
        public FilterResultGradesAgreementExact exact;

        /** Grades that differ by 1 at the most */
        @JsonProperty("withinOne")
        public FilterResultGradesAgreementExact withinOne;

        /** Quadratic weighted kappa: 1 is the same, 0 is chance; null where it is not defined */
        @JsonProperty("kappa")
        public Double kappa;

        /** 95% */
        @JsonProperty("kappaInterval")
        public List<Double> kappaInterval;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterResultGradesClasses {
        /** Rows by the class that the judge says */
        @JsonProperty("byClass")
        public Map<String, Long> byClass;

        /** Graded rows whose reply had no class that could be read */
        @JsonProperty("unread")
        public Long unread;

        /** Rows of which the rule says the same; null where none was compared */
        @JsonProperty("same")
        public FilterResultGradesAgreementExact same;

        /** Cohen’s kappa: 1 is the same, 0 is chance; null where it is not defined */
        @JsonProperty("kappa")
        public Double kappa;

        /** 95% */
        @JsonProperty("kappaInterval")
        public List<Double> kappaInterval;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterResultGrades {
        @JsonProperty("judge")
        public String judge;

        /** What was graded, kept and dropped, JSONL, each with its place and `graded` */
        @JsonProperty("rows")
        public ArtifactReference rows;

        /** What it was graded by */
        @JsonProperty("rubric")
        public ArtifactReference rubric;

        @JsonProperty("least")
        public Long least;

        /** How many rows got grade 1, 2, 3, 4 and 5 */
        @JsonProperty("byGrade")
        public List<Long> byGrade;

        /** Rows to which the judge’s reply had no grade that could be read */
        @JsonProperty("ungraded")
        public Long ungraded;

        /** null where one judge was asked */
        @JsonProperty("agreement")
        public FilterResultGradesAgreement agreement;

        /** null where no class was asked for */
        @JsonProperty("classes")
        public FilterResultGradesClasses classes;

        /** Dollars that this run spent on grades, of both judges */
        @JsonProperty("costUsd")
        public Double costUsd;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class FilterResult {
        /** Kept rows, JSONL, as they came */
        @JsonProperty("data")
        public ArtifactReference data;

        /** Their nearest neighbours, where these came along */
        @JsonProperty("similarity")
        public ArtifactReference similarity;

        /** The files that they were held against, in the order of the settings */
        @JsonProperty("against")
        public List<ArtifactReference> against;

        /** Dropped rows, JSONL, each with its place and `verdict` */
        @JsonProperty("dropped")
        public ArtifactReference dropped;

        /** Of each rule that was on, how many rows it dropped */
        @JsonProperty("droppedBy")
        public Map<String, Long> droppedBy;

        /** null where no teacher was asked */
        @JsonProperty("grades")
        public FilterResultGrades grades;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class TokenizeResult {
        /** The base model, special tokens added: config.json, model.safetensors, tokenizer.json */
        @JsonProperty("model")
        public ArtifactReference model;

        /** Training rows, Parquet: row (int32), input_ids (list int32), labels (list int32, -100 masked) */
        @JsonProperty("tokens")
        public ArtifactReference tokens;

        /** Held-out rows, same columns */
        @JsonProperty("heldOutTokens")
        public ArtifactReference heldOutTokens;

        /** Held-out rows as text, JSONL */
        @JsonProperty("heldOutRows")
        public ArtifactReference heldOutRows;

        @JsonProperty("truncated")
        public Long truncated;

        /** Rows whose prompt alone fills maxLength: counted and left out of training */
        @JsonProperty("fullyMasked")
        public Long fullyMasked;

        /** Rows whose end-of-text token was cut off by truncation */
        @JsonProperty("endOfTextLost")
        public Long endOfTextLost;

        /** Rows whose prompt ids are not a prefix of the full ids */
        @JsonProperty("prefixMismatches")
        public Long prefixMismatches;

        /** Rows whose own text spells a special token */
        @JsonProperty("spellingSpecialTokens")
        public Long spellingSpecialTokens;

        /** Conversations whose earlier turns the chat template drops or rewrites */
        @JsonProperty("rewrittenTurns")
        public Long rewrittenTurns;

        /** What looks like a special token in the chat template, of which the tokenizer has none */
        @JsonProperty("piecesOfTemplate")
        public List<String> piecesOfTemplate;

        @JsonProperty("addedTokens")
        public List<String> addedTokens;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class TrainResultBest {
        @JsonProperty("step")
        public Long step;

        @JsonProperty("loss")
        public Double loss;

        @JsonProperty("checkpoint")
        public ArtifactReference checkpoint;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class TrainResultLoss {
        @JsonProperty("before")
        public Double before;

        @JsonProperty("after")
        public Double after;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class TrainResult {
        @JsonProperty("model")
        public ArtifactReference model;

        /** With LoRA: the adapter as a PEFT folder; `model` has it merged */
        @JsonProperty("adapter")
        public ArtifactReference adapter;

        @JsonProperty("checkpoint")
        public ArtifactReference checkpoint;

        /** One JSON object per optimizer step: step, epoch, loss, learningRate, gradientNorm, tokens, tokensPerSecond */
        @JsonProperty("metrics")
        public ArtifactReference metrics;

        /** The same as a TensorBoard event file */
        @JsonProperty("tensorBoard")
        public ArtifactReference tensorBoard;

        /** With several workers: one JSON object per round: what it was merged from, and the bytes handed over */
        @JsonProperty("rounds")
        public ArtifactReference rounds;

        @JsonProperty("steps")
        public Long steps;

        /** The highest that it was trained with */
        @JsonProperty("learningRate")
        public Double learningRate;

        /** What of its settings was out of the ordinary */
        @JsonProperty("warning")
        public String warning;

        /** The lowest held-out loss measured on the way; null where none was measured */
        @JsonProperty("best")
        public TrainResultBest best;

        /** Why training ended before its last step */
        @JsonProperty("stoppedEarly")
        public String stoppedEarly;

        /** The most resident memory of the last shard */
        @JsonProperty("peakMemoryBytes")
        public Long peakMemoryBytes;

        @JsonProperty("parameters")
        public Long parameters;

        @JsonProperty("loss")
        public TrainResultLoss loss;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultHeldOut {
        @JsonProperty("rows")
        public Long rows;

        @JsonProperty("targets")
        public Long targets;

        @JsonProperty("lossA")
        public Double lossA;

        @JsonProperty("lossB")
        public Double lossB;

        @JsonProperty("lossPromptsExchanged")
        public Double lossPromptsExchanged;

        @JsonProperty("lossBigram")
        public Double lossBigram;

        /** Held-out rows left out: the instruction within ROUGE-L 0.7 of a training row’s */
        @JsonProperty("excluded")
        public Long excluded;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultBase {
        /** Its weights are random ones: nothing has trained them */
        @JsonProperty("isRandom")
        public Boolean isRandom;

        /** The loss of the same rows in its own chat template, which it was taught; null where it has none of its own */
        @JsonProperty("ownFormLoss")
        public Double ownFormLoss;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultExactMatch {
        @JsonProperty("rows")
        public Long rows;

        @JsonProperty("right")
        public Long right;

        @JsonProperty("rate")
        public Double rate;

        @JsonProperty("interval")
        public List<Double> interval;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultHeldOutAnswer {
        @JsonProperty("instruction")
        public String instruction;

        @JsonProperty("input")
        public String input;

        @JsonProperty("wanted")
        public String wanted;

        @JsonProperty("got")
        public String got;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultPairwise {
        @JsonProperty("judge")
        public String judge;

        /** Pairs that were judged: wins, losses and ties */
        @JsonProperty("instructions")
        public Long instructions;

        /** Left out: within the dedupe threshold of a training row */
        @JsonProperty("excluded")
        public Long excluded;

        @JsonProperty("wins")
        public Long wins;

        @JsonProperty("losses")
        public Long losses;

        @JsonProperty("ties")
        public Long ties;

        @JsonProperty("winRate")
        public Double winRate;

        @JsonProperty("standardError")
        public Double standardError;

        @JsonProperty("interval")
        public List<Double> interval;

        @JsonProperty("disagreements")
        public Long disagreements;

        @JsonProperty("pValue")
        public Double pValue;

        @JsonProperty("unreadable")
        public Long unreadable;

        @JsonProperty("unjudged")
        public Long unjudged;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultCandidateRougeL {
        @JsonProperty("rows")
        public Long rows;

        @JsonProperty("mean")
        public Double mean;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultCandidateHeldOut {
        @JsonProperty("loss")
        public Double loss;

        @JsonProperty("perplexity")
        public Double perplexity;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultCandidate {
        @JsonProperty("name")
        public String name;

        /** one of model, answers, teacher */
        @JsonProperty("kind")
        public String kind;

        @JsonProperty("answers")
        public ArtifactReference answers;

        @JsonProperty("meanLength")
        public Double meanLength;

        @JsonProperty("empty")
        public Long empty;

        @JsonProperty("rougeL")
        public EvaluateResultCandidateRougeL rougeL;

        @JsonProperty("exactMatch")
        public EvaluateResultExactMatch exactMatch;

        /** Null where it is no model, or there are no held-out rows */
        @JsonProperty("heldOut")
        public EvaluateResultCandidateHeldOut heldOut;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultComparisonCategory {
        @JsonProperty("category")
        public String category;

        @JsonProperty("n")
        public Long n;

        @JsonProperty("wins")
        public Long wins;

        @JsonProperty("losses")
        public Long losses;

        @JsonProperty("ties")
        public Long ties;

        @JsonProperty("winRate")
        public Double winRate;

        @JsonProperty("standardError")
        public Double standardError;

        @JsonProperty("interval")
        public List<Double> interval;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResultComparison {
        /** The place in `candidates`, from 0 */
        @JsonProperty("a")
        public Long a;

        @JsonProperty("b")
        public Long b;

        @JsonProperty("judge")
        public String judge;

        /** Pairs that were judged: wins, losses and ties */
        @JsonProperty("instructions")
        public Long instructions;

        /** Left out: within the dedupe threshold of a training row */
        @JsonProperty("excluded")
        public Long excluded;

        @JsonProperty("wins")
        public Long wins;

        @JsonProperty("losses")
        public Long losses;

        @JsonProperty("ties")
        public Long ties;

        @JsonProperty("winRate")
        public Double winRate;

        @JsonProperty("standardError")
        public Double standardError;

        @JsonProperty("interval")
        public List<Double> interval;

        @JsonProperty("disagreements")
        public Long disagreements;

        @JsonProperty("pValue")
        public Double pValue;

        @JsonProperty("unreadable")
        public Long unreadable;

        @JsonProperty("unjudged")
        public Long unjudged;

        /** Characters of an answer, beside the win rate: judges like length */
        @JsonProperty("meanLengthA")
        public Double meanLengthA;

        @JsonProperty("meanLengthB")
        public Double meanLengthB;

        /** The forty largest; none where no instruction has a category */
        @JsonProperty("categories")
        public List<EvaluateResultComparisonCategory> categories;

        @JsonProperty("annotations")
        public ArtifactReference annotations;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class EvaluateResult {
        @JsonProperty("heldOut")
        public EvaluateResultHeldOut heldOut;

        /** What modelB is; null where it is no model */
        @JsonProperty("base")
        public EvaluateResultBase base;

        @JsonProperty("exactMatch")
        public EvaluateResultExactMatch exactMatch;

        /** Ten held-out rows with modelA’s greedy answers; none where it is no model */
        @JsonProperty("heldOutAnswers")
        public List<EvaluateResultHeldOutAnswer> heldOutAnswers;

        @JsonProperty("pairwise")
        public EvaluateResultPairwise pairwise;

        /** modelA, modelB, and `others` in their order */
        @JsonProperty("candidates")
        public List<EvaluateResultCandidate> candidates;

        @JsonProperty("comparisons")
        public List<EvaluateResultComparison> comparisons;

        @JsonProperty("costUsd")
        public Double costUsd;

        @JsonProperty("answersA")
        public ArtifactReference answersA;

        @JsonProperty("answersB")
        public ArtifactReference answersB;

        @JsonProperty("annotations")
        public ArtifactReference annotations;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ReleaseResult {
        /** alpaca_data.json in the recipe’s format */
        @JsonProperty("dataset")
        public ArtifactReference dataset;

        /** The folder: data, dataset card, manifest */
        @JsonProperty("release")
        public ArtifactReference release;

        /** One self-contained HTML page */
        @JsonProperty("report")
        public ArtifactReference report;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class RetrainResult {
        /** 0 where there were too few, and the rest of the result is the last run’s */
        @JsonProperty("newRows")
        public Long newRows;

        /** Keys of all rows that runs of the schedule have had, one a line */
        @JsonProperty("known")
        public ArtifactReference known;

        /** Of the run that the rest of the result is of */
        @JsonProperty("runId")
        public String runId;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class AlpacaResult {
        @JsonProperty("sample")
        public SampleResult sample;

        @JsonProperty("generate")
        public GenerateResult generate;

        @JsonProperty("dedupe")
        public DedupeResult dedupe;

        /** null where the run did not filter */
        @JsonProperty("filter")
        public FilterResult filter;

        @JsonProperty("tokenize")
        public TokenizeResult tokenize;

        @JsonProperty("train")
        public TrainResult train;

        @JsonProperty("evaluate")
        public EvaluateResult evaluate;

        @JsonProperty("release")
        public ReleaseResult release;

        @JsonProperty("rows")
        public Long rows;

        @JsonProperty("dataset")
        public ArtifactReference dataset;

        @JsonProperty("costUsd")
        public Double costUsd;

        /** For the next run of its schedule; null where it retrains nothing */
        @JsonProperty("retrain")
        public RetrainResult retrain;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ProgressStage {
        /** one of sample, generate, dedupe, filter, tokenize, train, evaluate, release */
        @JsonProperty("name")
        public String name;

        /** one of waiting, running, done, skipped */
        @JsonProperty("state")
        public String state;

        @JsonProperty("done")
        public Double done;

        @JsonProperty("total")
        public Double total;

        @JsonProperty("unit")
        public String unit;

        @JsonProperty("note")
        public String note;

        @JsonProperty("startedAt")
        public String startedAt;

        @JsonProperty("endedAt")
        public String endedAt;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ProgressLoss {
        @JsonProperty("latest")
        public Double latest;

        @JsonProperty("before")
        public Double before;

        @JsonProperty("after")
        public Double after;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ProgressTraining {
        @JsonProperty("step")
        public Long step;

        @JsonProperty("loss")
        public Double loss;

        @JsonProperty("learningRate")
        public Double learningRate;

        @JsonProperty("gradientNorm")
        public Double gradientNorm;

        @JsonProperty("tokensPerSecond")
        public Double tokensPerSecond;

        @JsonProperty("memoryBytes")
        public Long memoryBytes;

        @JsonProperty("peakMemoryBytes")
        public Long peakMemoryBytes;

        @JsonProperty("heldOutLoss")
        public Double heldOutLoss;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ProgressForecast {
        /** one of assumed, recorded, measured, stage-measured */
        @JsonProperty("basis")
        public String basis;

        @JsonProperty("measuredRequests")
        public Long measuredRequests;

        @JsonProperty("requests")
        public Estimated requests;

        @JsonProperty("promptTokens")
        public Estimated promptTokens;

        @JsonProperty("completionTokens")
        public Estimated completionTokens;

        @JsonProperty("costUsd")
        public Estimated costUsd;

        @JsonProperty("hours")
        public Estimated hours;

        @JsonProperty("secondsLeft")
        public Estimated secondsLeft;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class Progress {
        /** one of running, paused, done */
        @JsonProperty("state")
        public String state;

        /** one of sample, generate, dedupe, filter, tokenize, train, evaluate, release */
        @JsonProperty("stage")
        public String stage;

        @JsonProperty("stages")
        public List<ProgressStage> stages;

        @JsonProperty("accepted")
        public Long accepted;

        @JsonProperty("target")
        public Long target;

        @JsonProperty("costUsd")
        public Double costUsd;

        @JsonProperty("budgetUsd")
        public Double budgetUsd;

        @JsonProperty("pauseReason")
        public String pauseReason;

        /** one of person, budget, teacher, storage, outage */
        @JsonProperty("pauseKind")
        public String pauseKind;

        @JsonProperty("loss")
        public ProgressLoss loss;

        @JsonProperty("training")
        public ProgressTraining training;

        @JsonProperty("etaSeconds")
        public Double etaSeconds;

        @JsonProperty("forecast")
        public ProgressForecast forecast;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public static final class ControlState {
        @JsonProperty("paused")
        public Boolean paused;

        @JsonProperty("budgetUsd")
        public Double budgetUsd;

        @JsonProperty("target")
        public Long target;

        @JsonProperty("concurrency")
        public Long concurrency;

        @JsonProperty("stopEarly")
        public Boolean stopEarly;
    }

}
