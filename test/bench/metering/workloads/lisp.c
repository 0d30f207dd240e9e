/* A small Lisp: reads a program, and evaluates it by walking its tree. */
#include "workload.h"

typedef struct Cell {
	enum { INT, SYMBOL, PAIR, CLOSURE, BUILTIN } kind;
	union {
		int32_t number;
		char symbol[8];
		struct { struct Cell *head, *tail; };
		struct { struct Cell *lambda, *scope; };
	};
} Cell;

static Cell pool[400000];
static int used;
static const char *at;
static Cell *globals;

static Cell *cell(int kind) {
	Cell *it = &pool[used++];
	it->kind = kind;
	it->head = it->tail = NULL;
	return it;
}

static Cell *pair(Cell *head, Cell *tail) {
	Cell *it = cell(PAIR);
	it->head = head;
	it->tail = tail;
	return it;
}

static Cell *integer(int32_t number) {
	Cell *it = cell(INT);
	it->number = number;
	return it;
}

static Cell *read_form(void) {
	while (*at == ' ' || *at == '\n') at++;
	if (*at == '(') {
		at++;
		Cell *first = NULL, **tail = &first;
		for (;;) {
			while (*at == ' ' || *at == '\n') at++;
			if (*at == ')') break;
			*tail = pair(read_form(), NULL);
			tail = &(*tail)->tail;
		}
		at++;
		return first;
	}
	if (*at >= '0' && *at <= '9') {
		int32_t number = 0;
		while (*at >= '0' && *at <= '9') number = number * 10 + *at++ - '0';
		return integer(number);
	}
	Cell *it = cell(SYMBOL);
	memset(it->symbol, 0, 8);
	for (int i = 0; *at != ' ' && *at != ')' && *at != '\n' && i < 7; i++) it->symbol[i] = *at++;
	return it;
}

static Cell *lookup(const Cell *name, Cell *scope) {
	for (Cell *lists[] = {scope, globals}, **list = lists; list < lists + 2; list++)
		for (Cell *entry = *list; entry; entry = entry->tail)
			if (strcmp(entry->head->head->symbol, name->symbol) == 0) return entry->head->tail;
	return NULL;
}

static Cell *eval(Cell *form, Cell *scope);

static int is(const Cell *symbol, const char *name) {
	return symbol->kind == SYMBOL && strcmp(symbol->symbol, name) == 0;
}

static Cell *apply(const Cell *builtin, Cell *arguments, Cell *scope) {
	int32_t a = eval(arguments->head, scope)->number, b = eval(arguments->tail->head, scope)->number;
	switch (builtin->symbol[0]) {
	case '+': return integer(a + b);
	case '-': return integer(a - b);
	case '*': return integer(a * b);
	case '<': return integer(a < b);
	default: return integer(b ? a % b : 0);
	}
}

static Cell *eval(Cell *form, Cell *scope) {
	for (;;) {
		if (form->kind == INT) return form;
		if (form->kind == SYMBOL) return lookup(form, scope);
		Cell *head = form->head, *rest = form->tail;
		if (is(head, "if")) {
			form = eval(rest->head, scope)->number ? rest->tail->head : rest->tail->tail->head;
			continue;
		}
		if (is(head, "def")) {
			Cell *value = eval(rest->tail->head, scope);
			globals = pair(pair(rest->head, value), globals);
			return value;
		}
		if (is(head, "fn")) {
			Cell *closure = cell(CLOSURE);
			closure->lambda = rest;
			closure->scope = scope;
			return closure;
		}
		if (head->kind == SYMBOL && strchr("+-*<%", head->symbol[0])) return apply(head, rest, scope);
		Cell *closure = eval(head, scope), *inner = closure->scope;
		for (Cell *name = closure->lambda->head; name; name = name->tail, rest = rest->tail)
			inner = pair(pair(name->head, eval(rest->head, scope)), inner);
		form = closure->lambda->tail->head;
		scope = inner;
	}
}

static const char PROGRAM[] =
	"(def fib (fn (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))"
	"(def gcd (fn (a b) (if (< 0 b) (gcd b (% a b)) a)))"
	"(def sum (fn (n acc) (if (< 0 n) (sum (- n 1) (+ acc (gcd n 36))) acc)))"
	"(def twice (fn (f) (fn (x) (f (f x)))))"
	"(def main ((twice (twice (fn (x) (+ x (+ (fib 12) (sum 200 0)))))) 1))";

uint32_t run(uint32_t n) {
	uint32_t hash = 1;
	while (n--) {
		used = 0;
		globals = NULL;
		at = PROGRAM;
		Cell *last = NULL;
		while (*at) last = eval(read_form(), NULL);
		hash = mix(hash, last->number);
	}
	return hash;
}
