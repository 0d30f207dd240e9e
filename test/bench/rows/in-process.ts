/** One warm call in process, from entering the linked export to its return: what linking costs, without gateway and pool. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { absolute, median, relative, show } from "../figures.ts";
import type { SubjectName } from "../in-process/program.ts";
import { rounds } from "../interleave.ts";
import { output, SERVER_CORE } from "../processes.ts";
import type { Row } from "../types.ts";

const PROGRAM = fileURLToPath(new URL("../in-process/program.ts", import.meta.url));

const SUBJECTS: Record<SubjectName, string> = {
	"http jspi": "`wasi:http`, ten host calls, under JSPI",
	"http plain": "the same without JSPI",
	"http by hand": "the same guest linked by hand, host functions that do nothing: the guest's own time",
	"http jco": "the same guest through jco's glue",
	"http invocation": "the same as an instance's whole invocation: limits, usage, outcome",
	"event invocation": "event, under JSPI, as an instance's whole invocation: context lowered, answer lifted",
	"event jco": "the same guest through jco's glue",
};

export const inProcess: Row = {
	name: "in-process",
	title: "One warm call in process",
	async run(bench) {
		const names = Object.keys(SUBJECTS) as SubjectName[];
		const measured = await rounds(
			bench,
			names,
			(it) => it,
			async (name) => {
				const command = [process.execPath, PROGRAM, name, join(bench.folder, name.replace(" ", "-"))];
				return Number(await output(command, { core: SERVER_CORE }));
			},
		);
		const us = (name: SubjectName): number => median(measured.get(name)!);
		const own = us("http by hand");
		const [linked, plain, jco] = [us("http jspi") - own, us("http plain") - own, us("http jco") - own];
		return {
			findings: [
				absolute("warm `wasi:http` call, JSPI, without the guest's own time", linked, " us", { atMost: 3 }),
				absolute("the same without JSPI", plain, " us", { atMost: 2 }),
				relative("the same against jco's glue", linked, " us", { name: "jco", value: jco }, { atMost: 0.05 }),
				absolute("warm event call, JSPI", us("event invocation"), " us", { atMost: 1.5 }),
			],
			details: [
				{
					caption:
						"Metered, warm, a process of its own each; the clock's own time is taken off. The guest's own time is in them.",
					header: ["call", "us"],
					rows: names.map((name) => [SUBJECTS[name], show(us(name))]),
				},
			],
		};
	},
};
