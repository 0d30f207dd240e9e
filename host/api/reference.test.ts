import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inputsFrom, readServiceModel, routesFrom } from "../../scripts/generate-model.ts";
import { apiReference } from "../../scripts/generate-reference.ts";
import inputs from "./model/inputs.json" with { type: "json" };
import { SERVED } from "./model/served.ts";
import { OPERATIONS } from "./operations.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

function installedModel() {
	try {
		return readServiceModel();
	} catch {
		console.warn("No botocore here (python3 -m pip install botocore): the generated model is not compared with it.");
		return null;
	}
}

describe("generated files", () => {
	it("docs/reference/api.md says what is served (node scripts/generate-reference.ts)", () => {
		expect(read("../../docs/reference/api.md")).toBe(apiReference());
	});

	it("have an input for every operation that is served", () => {
		expect(Object.keys(inputs.operations).toSorted()).toEqual([...SERVED].toSorted());
		for (const { shape } of Object.values(inputs.operations)) expect(inputs.shapes).toHaveProperty(shape);
	});

	const model = installedModel();
	const same = model !== null && inputs.source === `botocore ${model.version}`;
	it.skipIf(!same)("are what the generator makes of the model (node scripts/generate-model.ts)", () => {
		expect(inputsFrom(model!, SERVED)).toEqual(inputs);
		expect(routesFrom(model!)).toEqual(OPERATIONS);
	});

	it.skipIf(!model)("have every operation of the botocore that is installed, at its path", () => {
		for (const [name, { http }] of Object.entries(model!.operations)) {
			const route = OPERATIONS.find((it) => it.name === name);
			const query = route && "query" in route ? `?${route.query.join("=")}` : "";
			expect(`${route?.method} ${route?.path}${query}`, name).toBe(`${http.method} ${http.requestUri}`);
		}
	});
});
