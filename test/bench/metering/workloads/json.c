/* JSON: parse a document to a tree, sum it up, write it again, free it. */
#include <stdio.h>
#include "workload.h"

typedef enum { NUL, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT } Kind;
typedef struct Value {
	Kind kind;
	double number;
	char *text, *key;
	struct Value *first, *next;
} Value;

static const char *at;

static void space(void) {
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static char *string(void) {
	const char *start = ++at;
	size_t length = 0;
	while (*at != '"') at += *at == '\\' ? 2 : 1, length++;
	char *text = malloc(length + 1), *out = text;
	for (const char *p = start; p < at; p++) {
		if (*p == '\\') p++, *out++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
		else *out++ = *p;
	}
	*out = 0;
	at++;
	return text;
}

static double number(void) {
	int negative = *at == '-' ? at++, 1 : 0;
	double value = 0, scale = 1;
	while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
	if (*at == '.') {
		at++;
		while (*at >= '0' && *at <= '9') value += (*at++ - '0') * (scale /= 10);
	}
	return negative ? -value : value;
}

static Value *parse(void) {
	Value *value = calloc(1, sizeof *value), **tail = &value->first;
	space();
	switch (*at) {
	case '{':
	case '[': {
		char close = *at == '{' ? '}' : ']';
		value->kind = *at++ == '{' ? OBJECT : ARRAY;
		for (space(); *at != close; space()) {
			char *key = NULL;
			if (close == '}') {
				key = string();
				space();
				at++;
			}
			*tail = parse();
			(*tail)->key = key;
			tail = &(*tail)->next;
			space();
			if (*at == ',') at++;
		}
		at++;
		return value;
	}
	case '"': value->kind = STRING; value->text = string(); return value;
	case 't': value->kind = TRUE; at += 4; return value;
	case 'f': value->kind = FALSE; at += 5; return value;
	case 'n': value->kind = NUL; at += 4; return value;
	default: value->kind = NUMBER; value->number = number(); return value;
	}
}

static char *quote(char *out, const char *text) {
	*out++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') *out++ = '\\';
		if (*text == '\n') *out++ = '\\', *out++ = 'n';
		else *out++ = *text;
	}
	*out++ = '"';
	return out;
}

static char *write(char *out, const Value *value) {
	if (value->key) {
		out = quote(out, value->key);
		*out++ = ':';
	}
	static const char *const NAMES[] = {"null", "false", "true"};
	if (value->kind <= TRUE) return stpcpy(out, NAMES[value->kind]);
	if (value->kind == NUMBER) return out + sprintf(out, "%d", (int)value->number);
	if (value->kind == STRING) return quote(out, value->text);
	*out++ = value->kind == ARRAY ? '[' : '{';
	for (const Value *item = value->first; item; item = item->next) {
		out = write(out, item);
		if (item->next) *out++ = ',';
	}
	*out++ = value->kind == ARRAY ? ']' : '}';
	return out;
}

static void release(Value *value) {
	for (Value *item = value->first, *next; item; item = next) {
		next = item->next;
		release(item);
	}
	free(value->text);
	free(value->key);
	free(value);
}

static char *document(void) {
	char *text = malloc(65536), *out = text;
	out += sprintf(out, "{\"Records\": [");
	for (int i = 0; i < 60; i++) {
		out += sprintf(out, "%s\n  {\"id\": %d, \"name\": \"%s %s\", \"price\": %d.%d, \"tags\": [\"%s\", \"a\\\"b\\n\"], ",
			i ? "," : "", i, WORDS[next_random() % WORD_COUNT], WORDS[next_random() % WORD_COUNT],
			next_random() % 1000, next_random() % 100, WORDS[next_random() % WORD_COUNT]);
		out += sprintf(out, "\"live\": %s, \"parent\": null, \"at\": {\"x\": -%d, \"y\": %d}}",
			i % 2 ? "true" : "false", next_random() % 500, next_random() % 500);
	}
	sprintf(out, "]}");
	return text;
}

uint32_t run(uint32_t n) {
	char *text = document(), *out = malloc(65536);
	uint32_t hash = 1;
	while (n--) {
		at = text;
		Value *value = parse();
		hash = mix(hash, write(out, value) - out);
		release(value);
	}
	for (char *p = out; *p && p < out + 1000; p++) hash = mix(hash, *p);
	free(out);
	free(text);
	return hash;
}
