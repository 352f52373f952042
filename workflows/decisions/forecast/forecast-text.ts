import type { Estimated, Forecast } from '../../contracts/progress.ts';
import { usd } from '../screen/money-text.ts';

/** A forecast in words, the same in the terminal, the Temporal UI and the web pages. */

const BASIS: Readonly<Record<Forecast['basis'], string>> = {
  assumed: 'assumed: no run of this model and these settings is recorded here',
  recorded: 'from an earlier run here',
  measured: 'measured in this run',
  'stage-measured': 'this stage measured in this run, the stages to come assumed',
};

/** `about 320 requests (290 to 355), 4.10 USD (3.70 USD to 4.60 USD), 1.2 h (1.0 to 1.4 h); measured in this run` */
export function forecastText(forecast: Forecast): string {
  const { requests, costUsd, hours, basis } = forecast;
  return `about ${interval(requests, whole)} requests, ${costText(costUsd)}, ${interval(hours, duration)}; ${BASIS[basis]}`;
}

/** `4.10 USD (3.70 USD to 4.60 USD)` */
export function costText(costUsd: Estimated): string {
  return costUsd.high === 0 ? 'free' : interval(costUsd, roughly);
}

/** The tokens of the whole run. */
export function tokensText({ promptTokens, completionTokens }: Forecast): string {
  return `${interval(promptTokens, whole)} prompt and ${interval(completionTokens, whole)} completion tokens`;
}

/** The same by what is estimated, for a table. */
export function estimateTexts({ costUsd, promptTokens, completionTokens, hours }: Forecast) {
  return {
    cost: costText(costUsd),
    promptTokens: interval(promptTokens, whole),
    completionTokens: interval(completionTokens, whole),
    time: interval(hours, duration),
  };
}

/** `12 min left (9 min to 16 min)` */
export function timeLeftText({ secondsLeft }: Forecast): string {
  const hours = (seconds: number) => duration(seconds / 3600);
  return `${hours(secondsLeft.value)} left (${hours(secondsLeft.low)} to ${hours(secondsLeft.high)})`;
}

function interval({ value, low, high }: Estimated, text: (figure: number) => string): string {
  return `${text(value)} (${text(low)} to ${text(high)})`;
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en-US');
}

/** To the cent from ten cents on. */
function roughly(dollars: number): string {
  return usd(dollars < 0.1 ? dollars : Math.round(dollars * 100) / 100);
}

/** `45 s`, `12 min`, `1.2 h` */
export function duration(hours: number): string {
  const seconds = hours * 3600;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${hours.toFixed(1)} h`;
}
