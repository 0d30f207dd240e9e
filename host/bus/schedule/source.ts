/** Event source `schedule`: a function at the ticks of an expression. */
import { wait } from "../clock.ts";
import { defineSource, invalid, type SourceContext } from "../types.ts";
import { scheduledEvent } from "./event.ts";
import { MAX_EXPRESSION, parseSchedule, type Schedule, ScheduleError } from "./expression.ts";

export interface ScheduleSettings {
	/** `rate(5 minutes)`, `cron(0 12 * * ? *)` or `0 12 * * *`. */
	expression: string;
	/** IANA name; a rate does not look at it. */
	timezone: string;
	/** Any JSON value, sent instead of the scheduled event. */
	input?: unknown;
}

/** Where the last tick is remembered, ms since the epoch as decimal digits. */
const TICK = "tick";
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A checkpoint further ahead than this was made when the clock was wrong. A smaller step back must not double a tick. */
const CLOCK_STEP_MS = 3_600_000;
/** AWS's limit on `Input`, bytes. */
const MAX_INPUT = 8192;

export const scheduleSource = defineSource<ScheduleSettings>({
	kind: "schedule",
	schema: {
		type: "object",
		additionalProperties: false,
		required: ["expression"],
		properties: {
			expression: { type: "string", minLength: 1, maxLength: MAX_EXPRESSION },
			timezone: { type: "string", minLength: 1, maxLength: 64, default: "UTC" },
			input: {},
		},
	},
	async admit(settings, { now }) {
		const { expression, timezone, input } = settings;
		let next: number | null;
		try {
			next = parseSchedule(expression, timezone, now).next(now);
		} catch (error) {
			if (!(error instanceof ScheduleError)) throw error;
			throw invalid(`schedule ${JSON.stringify(expression)} is not valid: ${error.message}`);
		}
		if (next === null) throw invalid(`schedule ${JSON.stringify(expression)} has no tick to come`);
		if (input !== undefined && Buffer.byteLength(JSON.stringify(input)) > MAX_INPUT) {
			throw invalid(`input must not be larger than ${MAX_INPUT} bytes`);
		}
		return settings;
	},
	async start(settings, context) {
		const created = Date.parse(context.trigger.createdAt);
		const schedule = parseSchedule(settings.expression, settings.timezone, created);
		const last = Number((await context.checkpoints()).get(TICK) ?? created);
		const stopping = new AbortController();
		const done = run(schedule, last, settings, context, stopping.signal);
		return {
			async stop() {
				stopping.abort();
				await done;
			},
		};
	},
});

async function run(
	schedule: Schedule,
	from: number,
	settings: ScheduleSettings,
	context: SourceContext,
	signal: AbortSignal,
): Promise<void> {
	const { clock } = context;
	let last = from;
	while (!signal.aborted) {
		if (last > clock.now() + CLOCK_STEP_MS) last = clock.now();
		const next = schedule.next(last);
		// A schedule may be over: the last year of `cron(… 2026)`.
		if (next === null) return;
		if (next > clock.now()) await waitUntil(next, context, signal);
		else last = await fire(schedule.latest(clock.now()) ?? next, settings, context, signal);
	}
}

/** A day at most, so that a clock that is set is noticed. */
function waitUntil(time: number, { clock }: SourceContext, signal: AbortSignal): Promise<void> {
	return wait(clock, Math.min(time - clock.now(), 86_400_000), signal);
}

/**
 * Several ticks may have passed, while the host was down or the machine slept: only the latest fires. Checkpoint and event
 * are one transaction, so that a tick is neither lost nor doubled. Gives the tick.
 */
async function fire(
	tick: number,
	settings: ScheduleSettings,
	context: SourceContext,
	signal: AbortSignal,
): Promise<number> {
	const payload = payloadOf(tick, settings, context);
	for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
		try {
			await context.advance(TICK, String(tick), payload);
			return tick;
		} catch (error) {
			context.warn("a tick could not be accepted; trying again", error);
			await wait(context.clock, pause, signal);
		}
	}
	return tick;
}

function payloadOf(tick: number, { input }: ScheduleSettings, { config, trigger }: SourceContext): Uint8Array {
	return input === undefined ? scheduledEvent(config, trigger.id, new Date(tick)) : Buffer.from(JSON.stringify(input));
}
