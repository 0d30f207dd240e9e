import { errorKind } from "../io/kinds.ts";
import type { HostInterface } from "../types.ts";
import { HttpErrorCode } from "./error-code.ts";
import { fieldsFunctions } from "./fields-functions.ts";
import { incomingFunctions } from "./incoming.ts";
import {
	fieldsKind,
	futureIncomingResponseKind,
	futureTrailersKind,
	incomingBodyKind,
	incomingRequestKind,
	incomingResponseKind,
	outgoingBodyKind,
	outgoingRequestKind,
	outgoingResponseKind,
	requestOptionsKind,
	responseOutparamKind,
} from "./kinds.ts";
import { PAYLOAD, writeErrorCode } from "./layout.ts";
import { optionsFunctions } from "./options.ts";
import { outgoingFunctions } from "./outgoing.ts";

export const types: HostInterface = {
	name: "wasi:http/types",
	resources: {
		fields: fieldsKind,
		"incoming-request": incomingRequestKind,
		"outgoing-request": outgoingRequestKind,
		"request-options": requestOptionsKind,
		"response-outparam": responseOutparamKind,
		"incoming-response": incomingResponseKind,
		"incoming-body": incomingBodyKind,
		"future-trailers": futureTrailersKind,
		"outgoing-response": outgoingResponseKind,
		"outgoing-body": outgoingBodyKind,
		"future-incoming-response": futureIncomingResponseKind,
	},
	functions: {
		"http-error-code": {
			core: "ii->",
			make: (guest, memory) => (error: number, area: number) => {
				const { cause } = guest.handles.get(errorKind, error);
				const known = cause instanceof HttpErrorCode;
				memory.setU8(area, known ? 1 : 0);
				if (known) writeErrorCode(memory, area + PAYLOAD, cause);
			},
		},
		...fieldsFunctions,
		...incomingFunctions,
		...outgoingFunctions,
		...optionsFunctions,
	},
};
