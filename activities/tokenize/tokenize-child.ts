import { setFlagsFromString } from 'node:v8';
import { serve } from '../process/child-service.ts';
import {
  type TokenizeEvent,
  type TokenizeReply,
  type TokenizeRequest,
  tokenizeData,
} from './tokenize-data.ts';

/** The entry of the child process behind tokenizeRows. */

// Nearly all that tokenizing allocates is garbage at once. Left to itself V8 collects it late: 52,000 rows
// take 1.4 GB and no less time.
setFlagsFromString('--optimize-for-size');

serve<TokenizeRequest, TokenizeReply, TokenizeEvent>(tokenizeData);
