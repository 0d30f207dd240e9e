/** Functions that share a file system, over several workers and a restart of nothing but the functions. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { lambda } from "../faults/lambda.ts";
import { fileGuest } from "../support/guests.ts";
import { startTestHost, type TestHost } from "../support/host.ts";

const Arn = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0";
const FileSystemConfigs = [{ Arn, LocalMountPath: "/mnt/data" }];

let host: TestHost;
beforeAll(async () => {
	host = await startTestHost({ fileSystemBytes: 10_000 });
});
afterAll(() => host?.close());

it("what one function keeps, another reads, within the file system's bound", { timeout: 120_000 }, async () => {
	const api = lambda(host.apiUrl);
	for (const name of ["cat", "put"])
		expect((await api.create(name, await fileGuest(name), { FileSystemConfigs })).status).toBe(201);
	expect(await api.invoke("put", { kept: 1 })).toMatchObject({ status: 200, text: '{"kept":1}' });
	expect(await api.invoke("cat")).toMatchObject({ status: 200, text: '{"kept":1}' });

	const failed = await api.invoke("put", { kept: "x".repeat(10_000) });
	expect(failed.headers.get("x-amz-function-error")).toBe("Unhandled");
	expect((await api.invoke("put", { kept: 2 })).text).toBe('{"kept":2}');

	await api.delete("put");
	expect((await api.create("again", await fileGuest("cat"), { FileSystemConfigs })).status).toBe(201);
	expect((await api.invoke("again")).text).toBe('{"kept":2}');
});
