import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const PATH = "/functions/f/concurrency";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:f";

describe("reserved concurrency", () => {
	let api: TestApi;
	beforeEach(async () => {
		api = await openTestApi();
		await api.create("f");
		await api.create("g");
	});
	afterEach(() => api.close());

	const put = (name: string, ReservedConcurrentExecutions: unknown) =>
		api.send("PUT", `/2017-10-31/functions/${name}/concurrency`, { ReservedConcurrentExecutions });
	const limits = async () =>
		((await (await api.send("GET", "/2016-08-19/account-settings")).json()) as { AccountLimit: object }).AccountLimit;

	it("is there until it is taken away, in GetFunction and in the account too", async () => {
		expect(await (await put("f", 5)).json()).toEqual({ ReservedConcurrentExecutions: 5 });
		expect(await (await api.send("GET", `/2019-09-30${PATH}`)).json()).toEqual({ ReservedConcurrentExecutions: 5 });
		const shown = (await (await api.send("GET", "/2015-03-31/functions/f")).json()) as object;
		expect(shown).toMatchObject({ Concurrency: { ReservedConcurrentExecutions: 5 } });
		expect(await limits()).toMatchObject({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 995 });
		const response = await api.send("DELETE", `/2017-10-31${PATH}`);
		expect([response.status, await response.text()]).toEqual([204, ""]);
		expect(await (await api.send("GET", `/2019-09-30${PATH}`)).json()).toEqual({});
		expect(await limits()).toMatchObject({ UnreservedConcurrentExecutions: 1000 });
		expect(api.invoker.dropped).toContain("f");
	});

	it("goes with the function", async () => {
		await put("f", 5);
		await api.send("DELETE", "/2015-03-31/functions/f");
		expect(await limits()).toMatchObject({ UnreservedConcurrentExecutions: 1000 });
	});

	it("leaves 100 to the others, also where two callers reserve at once", async () => {
		const answers = await Promise.all([put("f", 500), put("g", 500)]);
		expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
		const refused = answers.find(({ status }) => status === 400)!;
		expect(refused.headers.get("x-amzn-errortype")).toBe("InvalidParameterValueException");
		expect(await refused.json()).toMatchObject({
			message:
				"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
		});
		// What it has already is not counted twice.
		expect((await put("f", 400)).status).toBe(200);
		expect((await put("f", 400)).status).toBe(200);
	});

	it("may always be less, and nothing", async () => {
		await api.close();
		api = await openTestApi({ concurrency: 50 });
		await api.create("f");
		expect((await put("f", 1)).status).toBe(400);
		expect((await put("f", 0)).status).toBe(200);
	});

	it("is a function's, and not a version's", async () => {
		for (const name of [`${ARN}:$LATEST`, "f:1"]) {
			const response = await put(name, 1);
			expect(response.status, name).toBe(400);
			expect(((await response.json()) as { message: string }).message).toMatch(
				/^This operation is permitted on Lambda/,
			);
		}
		expect((await put("nope", 1)).status).toBe(404);
	});

	it.each([-1, 1.5, "1", undefined])("refuses %s", async (reserved) => {
		expect((await put("f", reserved)).status).toBe(400);
	});
});
