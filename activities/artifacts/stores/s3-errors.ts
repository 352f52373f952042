import type { FailureCode } from '../../../workflows/contracts/failures.ts';
import { AlpacaError } from '../../errors.ts';

/** What of an error of the SDK says what is wrong. */
interface Said {
  /** S3's code, or Node's for a connection */
  name: string;
  message: string;
  /** HTTP; 0 where no answer came */
  status: number;
}

interface Meaning {
  names: RegExp;
  code: FailureCode;
  what: string;
  remedy: string;
}

/** The first that fits counts. Codes are those of Amazon S3, MinIO, Ceph and versitygw. */
const MEANINGS: readonly Meaning[] = [
  {
    names: /^NoSuchBucket$/,
    code: 'StoreAway',
    what: 'its bucket does not exist',
    remedy: 'Create the bucket, or name another in ALPACA_STORE (and its endpoint in AWS_ENDPOINT_URL_S3).',
  },
  {
    names: /^(Expired|TokenRefreshRequired|InvalidToken|CredentialsProviderError|TokenProviderError)/,
    code: 'StoreAway',
    what: 'its credentials have expired, or there are none',
    remedy:
      'Renew them where the AWS SDK looks: a profile’s file or a role is read again by itself; after a change of its environment start the worker again.',
  },
  {
    names: /^(InvalidAccessKeyId|SignatureDoesNotMatch|XAdminUserNotFound|NotSignedUp)$/,
    code: 'StoreAway',
    what: 'its endpoint does not accept the credentials',
    remedy:
      'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or the profile: its file is read again by itself; after a change of its environment start the worker again.',
  },
  {
    names: /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/,
    code: 'StoreAway',
    what: 'the clock of this machine is wrong: S3 takes 15 minutes of difference',
    remedy: 'Set the clock (NTP).',
  },
  {
    names:
      /^(QuotaExceeded|XMinio(Admin)?(StorageFull|BucketQuotaExceeded)|InsufficientStorage|.*QuotaExceeded.*)$/,
    code: 'StorageFull',
    what: 'its quota or its disk is full, and nothing half-written was left',
    remedy: 'Raise the quota, or free some space with `npx alpaca prune`.',
  },
  {
    names: /^(AccessDenied|AllAccessDisabled|AccountProblem|Forbidden|UnauthorizedAccess|MethodNotAllowed)$/,
    code: 'Permission',
    what: 'no permission',
    remedy:
      'Allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload on the prefix, and s3:ListBucket on the bucket.',
  },
  {
    names:
      /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|TemporaryRedirect)$/,
    code: 'Configuration',
    what: 'its bucket is in another region',
    remedy: 'Set AWS_REGION to the region of the bucket.',
  },
  {
    names: /^(InvalidBucketName|InvalidURI|KeyTooLongError)$/,
    code: 'Configuration',
    what: 'no bucket can have that name',
    remedy: 'Write ALPACA_STORE as s3://BUCKET/PREFIX.',
  },
];

const WITHOUT_REGION: Meaning = {
  names: /./,
  code: 'Configuration',
  what: 'no region is set',
  remedy: 'Set AWS_REGION (any, such as us-east-1, where the endpoint is not Amazon’s).',
};

/** The SDK compares what comes with the checksum that S3 keeps of it. */
const CHANGED: Meaning = {
  names: /./,
  code: 'CorruptArtifact',
  what: 'what came is not what was put there',
  remedy:
    'It was changed or damaged in the bucket: restore it, or delete it and run the step that makes it again.',
};

const AWAY: Meaning = {
  names: /./,
  code: 'StoreAway',
  what: 'there is no answer from it',
  remedy: 'See to its endpoint and the network; it is tried again.',
};

/**
 * Turns what the SDK throws into a sentence.
 *
 * @param place the store, and what was asked of it
 */
export function s3Error(error: unknown, place: string): AlpacaError {
  if (error instanceof AlpacaError) return error;
  const said = saidBy(error);
  const meaning =
    MEANINGS.find(({ names }) => names.test(said.name)) ?? byMessage(said.message) ?? byStatus(said.status);
  const shown = `${said.name}${said.status === 0 ? '' : `, HTTP ${said.status}`}: ${said.message}`;
  return new AlpacaError(meaning.code, `The store ${place}: ${meaning.what} (${shown}).`, {
    remedy: meaning.remedy,
    cause: error,
  });
}

/** S3's code, or Node's for a connection. */
export function s3Code(error: unknown): string {
  return saidBy(error).name;
}

/** What the SDK finds by itself has no name of S3's. */
function byMessage(message: string): Meaning | undefined {
  if (message.startsWith('Region is missing')) return WITHOUT_REGION;
  if (message.startsWith('Checksum mismatch')) return CHANGED;
  return undefined;
}

function byStatus(status: number): Meaning {
  const permission = MEANINGS.find(({ code }) => code === 'Permission');
  const full = MEANINGS.find(({ code }) => code === 'StorageFull');
  return (status === 403 && permission) || (status === 507 && full) || AWAY;
}

function saidBy(error: unknown): Said {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: 0 };
  const { code, $metadata } = error as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const name =
    error.name === 'Error' || error.name === 'AggregateError' ? String(code ?? error.name) : error.name;
  return { name, message: error.message || name, status: $metadata?.httpStatusCode ?? 0 };
}
