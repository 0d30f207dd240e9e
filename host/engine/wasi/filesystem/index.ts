import { errorKind } from "../io/kinds.ts";
import { writeList } from "../lists.ts";
import type { HostInterface } from "../types.ts";
import { descriptorKind, preopened } from "./descriptor.ts";
import { entryStreamKind } from "./entries.ts";
import { codeOfErrno, numberOf } from "./errors.ts";
import { files } from "./files.ts";
import { paths } from "./paths.ts";

const types: HostInterface = {
	name: "wasi:filesystem/types",
	resources: { descriptor: descriptorKind, "directory-entry-stream": entryStreamKind },
	functions: {
		...files,
		...paths,
		"filesystem-error-code": {
			core: "ii->",
			make: (guest, memory) => (error: number, area: number) => {
				const { code } = guest.handles.get(errorKind, error);
				memory.setU8(area, code === undefined ? 0 : 1);
				if (code !== undefined) memory.setU8(area + 1, numberOf(codeOfErrno(code)));
			},
		},
	},
};

const preopens: HostInterface = {
	name: "wasi:filesystem/preopens",
	resources: {},
	functions: {
		"get-directories": {
			core: "i->",
			make: (guest, memory) => (area: number) => {
				const list = writeList(memory, area, guest.mounts.length, 12);
				for (const [i, mount] of guest.mounts.entries()) {
					memory.setU32(list + i * 12, guest.handles.add(descriptorKind, preopened(mount.guest, guest)));
					memory.writeString(list + i * 12 + 4, mount.guest);
				}
			},
		},
	},
};

/** `wasi:filesystem`: the host's folders that the function has mounts of, and nothing else. */
export const filesystem: readonly HostInterface[] = [types, preopens];
