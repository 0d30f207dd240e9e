/** What the load generator is told, on its standard input, and what it says at its end: JSON both ways. */

export interface Target {
	/** The Host header: it decides which function is called. */
	host: string;
	path: string;
}

export interface LoadPlan {
	port: number;
	/** Each request goes to one of them at random. */
	targets: Target[];
	connections: number;
	seconds: number;
	/** It is over before, when so many were sent; null: it is not. */
	requests: number | null;
	/** Requests a second, whether or not the answers keep up; null: each connection sends the next when it has its answer. */
	rate: number | null;
	/** What every answer must be: status 200, and this body. */
	body: string;
}

export interface LoadResult {
	/** Answers a second, the good ones. */
	perSecond: number;
	/** From when a request was due to its whole answer, ms. */
	p50: number;
	p99: number;
	/** Answers that were not what they must be, and connections that broke. */
	failed: number;
	/** What the first of them was. */
	failure: string | null;
	/** Share of the time that the generator was at work: near 1, it is what was measured. */
	busy: number;
}
