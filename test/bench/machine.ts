/** What a run was made on, in a line: without it no figure means anything. */
import { cpus, release, totalmem } from "node:os";

export function machine(): string {
	const [cpu] = cpus();
	const parts = [
		new Date().toISOString().slice(0, 10),
		`${cpus().length} cores (${cpu?.model ?? "unknown"})`,
		`${Math.round(totalmem() / 2 ** 30)} GiB`,
		`${process.platform} ${release().split("-")[0]}`,
		`Node ${process.versions.node} (V8 ${process.versions.v8})`,
	];
	return `${parts.join(", ")}.`;
}
