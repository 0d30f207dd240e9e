import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FunctionSpec } from "../engine/types.ts";
import { temporaryStore, testConfig, testFunction } from "./fakes.ts";
import { Provisioner } from "./provisioner.ts";

let temporary: Awaited<ReturnType<typeof temporaryStore>>;
let warmed: [version: string | undefined, instances: number][];
let fail: Error | null;
let provisioner: Provisioner;

const open = () =>
	new Provisioner({
		config: testConfig(),
		store: temporary.store,
		async warm(_, spec: FunctionSpec, instances) {
			warmed.push([spec.env.AWS_LAMBDA_FUNCTION_VERSION, instances]);
			if (fail !== null && instances > 0) throw fail;
		},
		warn: (message, cause) => expect.unreachable(`${message} ${cause}`),
	});

beforeEach(async () => {
	temporary = await temporaryStore();
	warmed = [];
	fail = null;
	const { functions, versions, aliases } = temporary.store;
	await functions.create(testFunction("f"));
	for (const version of ["1", "2"]) await versions.create({ ...testFunction("f"), revisionId: version, version });
	await aliases.create({
		functionName: "f",
		name: "live",
		version: "1",
		description: "",
		weights: {},
		revisionId: "1",
	});
	provisioner = open();
});
afterEach(() => temporary.dispose());

const record = (qualifier: string, requested: number) => ({
	functionName: "f",
	qualifier,
	requested,
	lastModified: "",
});
const put = async (qualifier: string, requested: number) => {
	await temporary.store.provisioned.put(record(qualifier, requested));
	await provisioner.changed("f");
};
const status = (qualifier: string) => provisioner.progressOf(record(qualifier, 0)).status;

it("keeps as many instances ready as were asked for, until they are not any more", async () => {
	expect(status("1")).toBe("IN_PROGRESS");
	await put("1", 2);
	await put("1", 2);
	expect(warmed).toEqual([["1", 2]]);
	expect(status("1")).toBe("READY");
	await put("1", 5);
	expect(warmed.at(-1)).toEqual(["1", 5]);
	await temporary.store.provisioned.delete("f", "1");
	await provisioner.changed("f");
	expect(warmed.at(-1)).toEqual(["1", 0]);
	expect(status("1")).toBe("IN_PROGRESS");
});

it("follows an alias to its version", async () => {
	await put("live", 2);
	const alias = (await temporary.store.aliases.get("f", "live"))!;
	await temporary.store.aliases.put({ ...alias, version: "2" });
	await provisioner.changed("f");
	expect(warmed).toEqual([
		["1", 2],
		["1", 0],
		["2", 2],
	]);
	expect(status("live")).toBe("READY");
});

it("makes after a restart, and after a worker's end, what is to be there", async () => {
	await put("1", 2);
	provisioner = open();
	await provisioner.start();
	await vi.waitFor(() => expect(status("1")).toBe("READY"));
	provisioner.lost();
	expect(status("1")).toBe("IN_PROGRESS");
	await vi.waitFor(() => expect(status("1")).toBe("READY"));
	expect(warmed).toEqual([
		["1", 2],
		["1", 2],
		["1", 2],
	]);
});

it("says what failed", async () => {
	fail = new Error("no memory");
	await put("1", 2);
	await new Promise(setImmediate);
	expect(provisioner.progressOf(record("1", 2))).toMatchObject({
		status: "FAILED",
		reason: "FUNCTION_ERROR_INIT_FAILURE: no memory",
	});
});

it("lets go of all when the function ends", async () => {
	await put("1", 2);
	await temporary.store.functions.delete("f");
	await provisioner.changed("f");
	expect(warmed.at(-1)).toEqual(["1", 0]);
});
