/**
 * HTTP and API Gateway's payload format 2.0, which function URLs speak, both ways. Pure functions: the gateway asks for
 * the event of a request and reads a function's result; the invoker does the reverse for an http guest that is invoked
 * with an event.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
export { type RequestMeta, toEvent, type UrlEvent } from "./http-event/event.ts";
export { eventToRequest } from "./http-event/request.ts";
export { ResponseTooLarge, responseHead, responseToPayload } from "./http-event/response.ts";
export { type BufferedResponse, fromResult, type Malformed } from "./http-event/result.ts";
