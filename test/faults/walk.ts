/** A function on a random walk through the API: what was acknowledged is known, and what was under way. */
import { guest } from "../support/guests.ts";
import { type Answer, arnOf, type Lambda, layerArnOf } from "./lambda.ts";

/** All of a function that the API can show; null if there is none. */
export interface Shown {
	code: GuestName;
	memory: number;
	tags: Record<string, string>;
	url: string | null;
	retries: number | null;
	onSuccess: boolean;
	/** Reserved concurrency. */
	reserved: number | null;
	loop: "Allow" | "Terminate";
	/** The number of its layer's version, of which it has one of its own; 0 is none. */
	layer: number;
	/** Has the code signing config that is there for all. */
	signed: boolean;
	/** Batch size of its event source mapping, which outlives it: one that has a mapping is not deleted. */
	mapping: number | null;
	/** When its runtime is updated. */
	runtime: "Auto" | "FunctionUpdate";
	/** Ids. */
	triggers: string[];
	/** Memory of each version, by number. */
	versions: Record<string, number>;
	/** The number that is next, and the memory that was published last. */
	published: [next: number, memory: string];
	/** The version behind the alias `live`. */
	live: string | null;
	/** Ids of its policy's statements. */
	permissions: string[];
}
export type State = Shown | null;

type GuestName = "echo" | "ok";

interface Step {
	/** Whether it can be done in this state. */
	fits(state: State): boolean;
	/** What it makes of the state, with a number from 0 to 1 for what is to be chosen. */
	after(state: Shown, random: number): State;
	act(api: Lambda, name: string, after: State, before: State): Promise<Answer>;
}

const NEW: Shown = {
	code: "echo",
	memory: 128,
	tags: {},
	url: null,
	retries: null,
	onSuccess: false,
	reserved: null,
	loop: "Terminate",
	layer: 0,
	signed: false,
	mapping: null,
	runtime: "Auto",
	triggers: [],
	versions: {},
	published: [1, ""],
	live: null,
	permissions: [],
};
/** A trigger's id is the host's to choose: this one is not known before. */
const UNKNOWN = "?";

const exists = (state: State): boolean => state !== null;
const hasUrl = (state: State): boolean => state !== null && state.url !== null;
const hasMapping = (state: State): boolean => state !== null && state.mapping !== null;
const queueOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const mappingId = async (api: Lambda, name: string) => (await api.mappings(name)).json.EventSourceMappings[0].UUID;
const hasConfig = (state: State): boolean => state !== null && state.retries !== null;
/** A function that must be there; it is nobody's to change. */
export const SINK = "sink";
/** A layer that must be there, with one version. */
export const SHARED = "shared";
/** A code signing config that must be there; its ARN is the host's to choose. */
export const SIGNING = { arn: "" };
const eventInvoke = ({ retries, onSuccess }: Shown) => ({
	MaximumRetryAttempts: retries,
	DestinationConfig: { OnSuccess: onSuccess ? { Destination: arnOf(SINK) } : {} },
});

const contentOf = ({ code, memory, layer }: Shown): string => `${code} ${memory} ${layer}`;
/** A version that no alias has. */
const spare = ({ versions, live }: Shown): string | undefined => Object.keys(versions).find((it) => it !== live);
const without = <T>(from: Record<string, T>, key: string): Record<string, T> =>
	Object.fromEntries(Object.entries(from).filter(([it]) => it !== key));
const pick = <T>(from: readonly T[], random: number): T => from[Math.floor(random * from.length)]!;

/** Every operation that changes something. */
export const STEPS: Record<string, Step> = {
	CreateFunction: {
		fits: (state) => state === null,
		after: (_, random) => ({ ...NEW, code: random < 0.5 ? "ok" : "echo" }),
		act: async (api, name, after) => api.create(name, await guest(after!.code)),
	},
	UpdateFunctionCode: {
		fits: exists,
		after: (state) => ({ ...state, code: state.code === "ok" ? "echo" : "ok" }),
		act: async (api, name, after) => api.updateCode(name, await guest(after!.code)),
	},
	UpdateFunctionConfiguration: {
		fits: exists,
		after: (state, random) => ({ ...state, memory: 128 + Math.floor(random * 1000) }),
		act: (api, name, after) => api.updateConfiguration(name, { MemorySize: after!.memory }),
	},
	DeleteFunction: {
		fits: (state) => state !== null && state.mapping === null,
		after: () => null,
		act: (api, name) => api.delete(name),
	},
	CreateFunctionUrlConfig: {
		fits: (state) => state !== null && state.url === null,
		after: (state) => ({ ...state, url: "NONE" }),
		act: (api, name, after) => api.createUrl(name, { AuthType: after!.url }),
	},
	UpdateFunctionUrlConfig: {
		fits: hasUrl,
		after: (state) => ({ ...state, url: state.url === "NONE" ? "AWS_IAM" : "NONE" }),
		act: (api, name, after) => api.updateUrl(name, { AuthType: after!.url }),
	},
	DeleteFunctionUrlConfig: {
		fits: hasUrl,
		after: (state) => ({ ...state, url: null }),
		act: (api, name) => api.deleteUrl(name),
	},
	PutFunctionEventInvokeConfig: {
		fits: exists,
		after: (state, random) => ({ ...state, retries: Math.floor(random * 3), onSuccess: random > 0.5 }),
		act: (api, name, after) => api.putEventInvoke(name, eventInvoke(after!)),
	},
	UpdateFunctionEventInvokeConfig: {
		fits: hasConfig,
		after: (state) => ({ ...state, retries: 2 - state.retries! }),
		act: (api, name, after) => api.updateEventInvoke(name, { MaximumRetryAttempts: after!.retries }),
	},
	DeleteFunctionEventInvokeConfig: {
		fits: hasConfig,
		after: (state) => ({ ...state, retries: null, onSuccess: false }),
		act: (api, name) => api.deleteEventInvoke(name),
	},
	PutFunctionConcurrency: {
		fits: exists,
		// Not 0: what is stopped serves nothing.
		after: (state, random) => ({ ...state, reserved: 1 + Math.floor(random * 4) }),
		act: (api, name, after) => api.putConcurrency(name, after!.reserved!),
	},
	DeleteFunctionConcurrency: {
		fits: (state) => state !== null && state.reserved !== null,
		after: (state) => ({ ...state, reserved: null }),
		act: (api, name) => api.deleteConcurrency(name),
	},
	PutFunctionRecursionConfig: {
		fits: exists,
		after: (state) => ({ ...state, loop: state.loop === "Allow" ? "Terminate" : "Allow" }),
		act: (api, name, after) => api.putRecursion(name, after!.loop),
	},
	CreateEventSourceMapping: {
		fits: (state) => state !== null && state.mapping === null,
		after: (state) => ({ ...state, mapping: 10 }),
		act: (api, name) => api.createMapping(name, { EventSourceArn: queueOf(name) }),
	},
	UpdateEventSourceMapping: {
		fits: hasMapping,
		after: (state, random) => ({ ...state, mapping: 1 + Math.floor(random * 9) }),
		act: async (api, name, after) => api.updateMapping(await mappingId(api, name), { BatchSize: after!.mapping }),
	},
	DeleteEventSourceMapping: {
		fits: hasMapping,
		after: (state) => ({ ...state, mapping: null }),
		act: async (api, name) => api.deleteMapping(await mappingId(api, name)),
	},
	PutRuntimeManagementConfig: {
		fits: exists,
		after: (state) => ({ ...state, runtime: state.runtime === "Auto" ? "FunctionUpdate" : "Auto" }),
		act: (api, name, after) => api.putRuntime(name, { UpdateRuntimeOn: after!.runtime }),
	},
	TagResource: {
		fits: exists,
		after: (state, random) => ({ ...state, tags: { ...state.tags, [`k${Math.floor(random * 4)}`]: `${random}` } }),
		act: (api, name, after) => api.tag(name, after!.tags),
	},
	UntagResource: {
		fits: (state) => state !== null && Object.keys(state.tags).length > 0,
		after: (state) => ({ ...state, tags: Object.fromEntries(Object.entries(state.tags).slice(1)) }),
		act: (api, name, after, before) => api.untag(name, Object.keys(before!.tags).find((key) => !(key in after!.tags))!),
	},
	PutFunctionCodeSigningConfig: {
		fits: exists,
		after: (state) => ({ ...state, signed: true }),
		act: (api, name) => api.putSigning(name, SIGNING.arn),
	},
	DeleteFunctionCodeSigningConfig: {
		fits: (state) => state?.signed === true,
		after: (state) => ({ ...state, signed: false }),
		act: (api, name) => api.deleteSigning(name),
	},
	"layers added": {
		fits: exists,
		after: (state) => ({ ...state, layer: 1 }),
		act: (api, name, after) => api.updateConfiguration(name, { Layers: [layerArnOf(SHARED, after!.layer)] }),
	},
	"layers removed": {
		fits: (state) => state !== null && state.layer > 0,
		after: (state) => ({ ...state, layer: 0 }),
		act: (api, name) => api.updateConfiguration(name, { Layers: [] }),
	},
	PublishVersion: {
		// Not what was published last: that would be no new version.
		fits: (state) => state !== null && state.published[1] !== contentOf(state),
		after: (state) => {
			const [next] = state.published;
			return {
				...state,
				versions: { ...state.versions, [next]: state.memory },
				published: [next + 1, contentOf(state)],
			};
		},
		act: (api, name) => api.publish(name),
	},
	"DeleteFunction of a version": {
		fits: (state) => state !== null && spare(state) !== undefined,
		after: (state) => ({ ...state, versions: without(state.versions, spare(state)!) }),
		act: (api, name, _after, before) => api.deleteVersion(name, spare(before!)!),
	},
	CreateAlias: {
		fits: (state) => state !== null && state.live === null && Object.keys(state.versions).length > 0,
		after: (state) => ({ ...state, live: Object.keys(state.versions)[0]! }),
		act: (api, name, after) => api.createAlias(name, { Name: "live", FunctionVersion: after!.live }),
	},
	UpdateAlias: {
		fits: (state) => state !== null && state.live !== null,
		after: (state, random) => ({ ...state, live: pick(Object.keys(state.versions), random) }),
		act: (api, name, after) => api.updateAlias(name, "live", { FunctionVersion: after!.live }),
	},
	DeleteAlias: {
		fits: (state) => state !== null && state.live !== null,
		after: (state) => ({ ...state, live: null }),
		act: (api, name) => api.deleteAlias(name, "live"),
	},
	AddPermission: {
		fits: (state) => state !== null && state.permissions.length < 8,
		after: (state) => ({ ...state, permissions: [...state.permissions, nextId(state.permissions)] }),
		act: (api, name, after) =>
			api.addPermission(name, { StatementId: after!.permissions.at(-1), Action: "lambda:*", Principal: "*" }),
	},
	RemovePermission: {
		fits: (state) => state !== null && state.permissions.length > 0,
		after: (state) => ({ ...state, permissions: state.permissions.slice(1) }),
		act: (api, name, _after, before) => api.removePermission(name, before!.permissions[0]!),
	},
	PutResourcePolicy: {
		fits: exists,
		after: (state, random) => ({ ...state, permissions: [`p${Math.floor(random * 1e6)}`] }),
		act: (api, name, after) => {
			const statement = { Effect: "Allow", Principal: "*", Action: "lambda:*", Resource: arnOf(name) };
			const Statement = after!.permissions.map((Sid) => ({ Sid, ...statement }));
			return api.putPolicy(name, { Version: "2012-10-17", Statement });
		},
	},
	DeleteResourcePolicy: {
		fits: (state) => state !== null && state.permissions.length > 0,
		after: (state) => ({ ...state, permissions: [] }),
		act: (api, name) => api.deletePolicy(name),
	},
	"trigger add": {
		fits: exists,
		after: (state) => ({ ...state, triggers: [...state.triggers, UNKNOWN] }),
		act: (api, name) =>
			api.addTrigger({ kind: "schedule", functionName: name, settings: { expression: "rate(5 days)" } }),
	},
	"trigger remove": {
		fits: (state) => state !== null && state.triggers.length > 0,
		after: (state) => ({ ...state, triggers: state.triggers.slice(1) }),
		act: (api, _name, _after, before) => api.removeTrigger(before!.triggers[0]!),
	},
};

/** An id that none of these is. */
function nextId(taken: readonly string[]): string {
	return `s${Math.max(0, ...taken.map((id) => Number(/^s(\d+)$/.exec(id)?.[1] ?? 0))) + 1}`;
}

export class Walker {
	readonly name: string;
	/** As last acknowledged. */
	state: State = null;
	/** The step under way when the host was killed, and the state that it leads to. */
	pending: { step: string; state: State } | null = null;
	/** Steps that were acknowledged, in order. */
	readonly done: string[] = [];
	private readonly random: () => number;

	constructor(name: string, random: () => number) {
		this.name = name;
		this.random = random;
	}

	/** Takes steps, mostly `favourite` ones, until the host is gone. */
	async run(api: Lambda, favourite: string, acknowledged: () => void): Promise<void> {
		for (;;) {
			const step = this.choose(favourite);
			const before = this.state;
			const after = STEPS[step]!.after(before ?? NEW, this.random());
			this.pending = { step, state: after };
			const answer = await STEPS[step]!.act(api, this.name, after, before).catch(() => null);
			if (answer === null) return;
			if (answer.status >= 300) throw new Error(`${step} of ${this.name}: ${answer.status} ${answer.text}`);
			this.state = known(after, answer);
			this.pending = null;
			this.done.push(step);
			acknowledged();
		}
	}

	private choose(favourite: string): string {
		const fitting = Object.keys(STEPS).filter((name) => STEPS[name]!.fits(this.state));
		if (fitting.includes(favourite) && this.random() < 0.6) return favourite;
		// Most functions are there most of the time.
		const others = fitting.filter((name) => name !== "DeleteFunction" || this.random() < 0.3);
		return others[Math.floor(this.random() * others.length)]!;
	}
}

function known(state: State, answer: Answer): State {
	if (state === null) return null;
	return { ...state, triggers: state.triggers.map((id) => (id === UNKNOWN ? String(answer.json.id) : id)) };
}

/** The function as the API shows it. */
export async function show(api: Lambda, name: string, codes: ReadonlyMap<string, GuestName>): Promise<State> {
	const [versions, aliases] = await Promise.all([api.versions(name), api.aliases(name)]);
	const [mappings, runtime] = await Promise.all([api.mappings(name), api.getRuntime(name)]);
	const [it, loop, signing, url, config, triggers, policy] = await Promise.all([
		api.get(name),
		api.getRecursion(name),
		api.getSigning(name),
		api.getUrl(name),
		api.getEventInvoke(name),
		api.triggers(name),
		api.policy(name),
	]);
	const ids = triggers.json.triggers.map(({ id }: { id: string }) => id);
	// Nothing may hang on a function that is not there.
	const { EventSourceMappings } = mappings.json;
	const hanging = [url, config, versions, aliases, signing, policy, runtime];
	const none = ids.length === 0 && EventSourceMappings.length === 0;
	if (it.status === 404 && none && hanging.every(({ status }) => status === 404)) return null;
	const { Configuration, Tags = {}, Concurrency } = it.json;
	return {
		code: codes.get(Configuration.CodeSha256)!,
		memory: Configuration.MemorySize,
		tags: Tags,
		url: url.status === 404 ? null : url.json.AuthType,
		retries: config.status === 404 ? null : config.json.MaximumRetryAttempts,
		onSuccess: config.json.DestinationConfig?.OnSuccess?.Destination !== undefined,
		reserved: Concurrency?.ReservedConcurrentExecutions ?? null,
		loop: loop.json.RecursiveLoop,
		layer: Number(Configuration.Layers?.[0].Arn.split(":").at(-1) ?? 0),
		signed: signing.json.CodeSigningConfigArn !== undefined,
		mapping: EventSourceMappings[0]?.BatchSize ?? null,
		runtime: runtime.json.UpdateRuntimeOn,
		triggers: ids,
		versions: Object.fromEntries(
			versions.json.Versions.slice(1).map((version: { Version: string; MemorySize: number }) => [
				version.Version,
				version.MemorySize,
			]),
		),
		published: [0, ""],
		live: aliases.json.Aliases[0]?.FunctionVersion ?? null,
		permissions:
			policy.status === 404 ? [] : JSON.parse(policy.json.Policy).Statement.map(({ Sid }: { Sid: string }) => Sid),
	};
}

/** Is what is shown the wanted state? A trigger that was being added has an id that nobody was told. */
export function same(shown: State, wanted: State): boolean {
	if (shown === null || wanted === null) return shown === wanted;
	// What is next is seen when it comes.
	shown.published = wanted.published;
	const ids = wanted.triggers.map((id, index) => (id === UNKNOWN ? shown.triggers[index] : id));
	return JSON.stringify(sorted(shown)) === JSON.stringify(sorted({ ...wanted, triggers: ids as string[] }));
}

function sorted(state: Shown): unknown {
	return { ...state, tags: Object.entries(state.tags).sort() };
}
