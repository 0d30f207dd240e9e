/* An interpreter: a stack machine whose program counts primes with a sieve and computes a Fibonacci number by recursion. */
#include "workload.h"

enum Op { PUSH, LOAD, STORE, PEEK, POKE, ADD, SUB, MUL, LESS, NOT, JUMP, JUMP_IF, CALL, RETURN, ARGUMENT, DUP, HALT };

static int32_t code[256], memory[4096], stack[1024];
static int end;

static int emit(enum Op op, int32_t operand) {
	code[end] = op;
	code[end + 1] = operand;
	end += 2;
	return end - 1;
}

static int32_t execute(int pc) {
	int32_t *sp = stack, frames[256], variables[16] = {0};
	int fp = 0;
	for (;;) {
		int32_t operand = code[pc + 1];
		switch ((enum Op)code[pc]) {
		case PUSH: *sp++ = operand; break;
		case LOAD: *sp++ = variables[operand]; break;
		case STORE: variables[operand] = *--sp; break;
		case PEEK: sp[-1] = memory[sp[-1] & 4095]; break;
		case POKE: sp -= 2; memory[sp[0] & 4095] = sp[1]; break;
		case ADD: sp--; sp[-1] += *sp; break;
		case SUB: sp--; sp[-1] -= *sp; break;
		case MUL: sp--; sp[-1] *= *sp; break;
		case LESS: sp--; sp[-1] = sp[-1] < *sp; break;
		case NOT: sp[-1] = !sp[-1]; break;
		case JUMP: pc = operand; continue;
		case JUMP_IF: if (*--sp) { pc = operand; continue; } break;
		case CALL:
			frames[fp++] = pc + 2;
			frames[fp++] = sp - stack - 1;
			pc = operand;
			continue;
		case RETURN: {
			int32_t result = sp[-1];
			sp = stack + frames[--fp];
			*sp++ = result;
			pc = frames[--fp];
			continue;
		}
		case ARGUMENT: *sp++ = stack[frames[fp - 1]]; break;
		case DUP: *sp = sp[-1]; sp++; break;
		case HALT: return sp[-1];
		}
		pc += 2;
	}
}

enum { I, J, COUNT };

static void less(int variable, int32_t than) {
	emit(LOAD, variable);
	emit(PUSH, than);
	emit(LESS, 0);
	emit(NOT, 0);
}

static void increment(int variable) {
	emit(LOAD, variable);
	emit(PUSH, 1);
	emit(ADD, 0);
	emit(STORE, variable);
}

/* fib(x) = x < 2 ? x : fib(x - 1) + fib(x - 2) */
static int emit_fib(void) {
	int start = end;
	emit(ARGUMENT, 0);
	emit(PUSH, 2);
	emit(LESS, 0);
	int small = emit(JUMP_IF, 0);
	for (int by = 1; by <= 2; by++) {
		emit(ARGUMENT, 0);
		emit(PUSH, by);
		emit(SUB, 0);
		emit(CALL, start);
	}
	emit(ADD, 0);
	emit(RETURN, 0);
	code[small] = end;
	emit(ARGUMENT, 0);
	emit(RETURN, 0);
	return start;
}

static int emit_sieve(int fib) {
	int start = end;
	emit(PUSH, 2);
	emit(STORE, I);
	int outer = end;
	less(I, 4000);
	int done = emit(JUMP_IF, 0);
	emit(LOAD, I);
	emit(PEEK, 0);
	int composite = emit(JUMP_IF, 0);
	increment(COUNT);
	emit(LOAD, I);
	emit(DUP, 0);
	emit(MUL, 0);
	emit(STORE, J);
	int inner = end;
	less(J, 4000);
	int marked = emit(JUMP_IF, 0);
	emit(LOAD, J);
	emit(PUSH, 1);
	emit(POKE, 0);
	emit(LOAD, J);
	emit(LOAD, I);
	emit(ADD, 0);
	emit(STORE, J);
	emit(JUMP, inner);
	code[composite] = code[marked] = end;
	increment(I);
	emit(JUMP, outer);
	code[done] = end;
	emit(PUSH, 17);
	emit(CALL, fib);
	emit(LOAD, COUNT);
	emit(ADD, 0);
	emit(HALT, 0);
	return start;
}

uint32_t run(uint32_t n) {
	end = 0;
	int start = emit_sieve(emit_fib());
	uint32_t hash = 1;
	while (n--) {
		memset(memory, 0, sizeof memory);
		hash = mix(hash, execute(start));
	}
	return hash;
}
