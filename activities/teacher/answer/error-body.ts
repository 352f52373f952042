import { z } from 'zod';

/**
 * The body of an error as OpenAI's clients read it, `{"error": {"message", "type", "code", "param"}}`, of whatever form
 * an endpoint gives it; they see nothing of any other. A body that is none of these stays as it is.
 *
 * The forms: a list of one (Gemini), `error` as a text with `error_type` beside it (TGI, LM Studio), the fields without
 * `error` around them (Mistral, SGLang), FastAPI's `detail`, and a gateway's error with the provider's own in
 * `metadata.raw` (OpenRouter).
 */
export function errorBody(json: unknown): unknown {
  const body: unknown = Array.isArray(json) ? json[0] : json;
  const wrapped = withError.safeParse(body);
  if (wrapped.success) {
    const { error, error_type: type } = wrapped.data;
    if (typeof error === 'string') return { error: { message: error, type } };
    const raw = error.metadata?.raw;
    return raw === undefined ? { error } : { error: { ...error, message: `${error.message}: ${raw}` } };
  }
  const bare = withoutError.safeParse(body);
  return bare.success ? { error: { ...bare.data, ...wordsOf(bare.data) } } : json;
}

const withError = z.looseObject({
  error: z.union([
    z.string(),
    z.looseObject({
      message: z.unknown(),
      metadata: z.looseObject({ raw: z.string().optional() }).optional().catch(undefined),
    }),
  ]),
  error_type: z.string().optional().catch(undefined),
});

const detail = z.union([
  z.string(),
  z.array(z.looseObject({ loc: z.array(z.union([z.string(), z.number()])).catch([]), msg: z.string() })),
]);
type Detail = z.infer<typeof detail>;

const withoutError = z.union([
  z.looseObject({ message: z.union([z.string(), z.looseObject({ detail })]) }),
  z.looseObject({ detail }),
]);

/** `body.logit_bias: Extra inputs are not permitted`, and the parameter that it is about. */
function wordsOf(error: z.infer<typeof withoutError>): { message: string; param?: string | undefined } {
  if ('message' in error && typeof error.message === 'string') return { message: error.message };
  const said = ('message' in error ? (error.message as { detail: Detail }) : error).detail as Detail;
  if (typeof said === 'string') return { message: said };
  const [first] = said;
  return {
    message: said.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '),
    param: first?.loc.at(-1)?.toString(),
  };
}
