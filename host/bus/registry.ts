/** Every event source of the bus. */
import { bucketSource } from "./bucket/source.ts";
import { scheduleSource } from "./schedule/source.ts";
import type { EventSource } from "./types.ts";

export const SOURCES: readonly EventSource[] = [scheduleSource, bucketSource];
