/** What requests by a host name, or by the first part of a path, go to: remembered while nothing changes. */
import type { Finding } from "./find.ts";

/** Names that are remembered at most; beyond it all are forgotten. */
const CAPACITY = 20_000;

export class RouteCache {
	private readonly found = new Map<string, Finding>();
	private readonly source: { generation?(): number };
	private current: number | undefined;

	/** `source` tells by its generation that something changed; without one nothing is remembered. */
	constructor(source: { generation?(): number }) {
		this.source = source;
	}

	/** What to hand to `keep` with what is found from now on. */
	generation(): number | undefined {
		return this.source.generation?.();
	}

	get(key: string): Finding | undefined {
		const now = this.source.generation?.();
		if (now === this.current) return this.found.get(key);
		this.found.clear();
		this.current = now;
		return undefined;
	}

	/** Keeps what was found since `generation`; not what is no function, since callers may make names up. */
	keep(key: string, generation: number | undefined, finding: Finding): Finding {
		const isCurrent = generation !== undefined && generation === this.current && generation === this.generation();
		if (!isCurrent || "refusal" in finding) return finding;
		if (this.found.size >= CAPACITY) this.found.clear();
		this.found.set(key, finding);
		return finding;
	}
}
