// Memory for QuickJS. It asks for small pieces all the time, and musl's malloc, made to be safe, takes most of the run
// time then: programs are two to three times faster with this one. Pieces of one size lie together in chunks of one arena,
// so that an address alone tells the size: no piece has a header. A freed piece is the next one of its size to be given
// out. Large pieces come from malloc, and a few of them stay (pool.c).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quickjs.h"

#define POOL_UNIT 8
#define POOL_LARGEST 1024
#define POOL_CHUNK (16u << 10)
// Addresses only: memory is used where it is touched. When it is full, malloc goes on.
#define POOL_ARENA (64u << 20)

struct hole {
  struct hole *next;
};

// By the number of units of a piece.
extern struct hole *pool_holes[POOL_LARGEST / POOL_UNIT + 1];
extern uint8_t *pool_arena;
// By the number of a chunk in the arena: units of a piece of it, less one.
extern uint8_t pool_chunk_units[POOL_ARENA / POOL_CHUNK];

JSRuntime *new_pooled_runtime(void);
// For a process that was just forked: collecting touches every object, and what is touched is copied. Most forks are
// gone before they have made any garbage worth it.
void postpone_collection(JSRuntime *runtime);

static inline bool pool_has(const void *piece) { return (size_t)((uint8_t *)piece - pool_arena) < POOL_ARENA; }

static inline size_t pool_units_of(const void *piece) {
  return pool_chunk_units[(size_t)((uint8_t *)piece - pool_arena) / POOL_CHUNK] + 1u;
}

// What QuickJS wants nearly always: a piece of a size that was freed before. NULL: the pool's malloc has to look.
static inline void *pool_take(JSMallocState *state, size_t size) {
  size_t units = (size + POOL_UNIT - 1) / POOL_UNIT;
  if (units - 1 >= POOL_LARGEST / POOL_UNIT) return NULL;
  struct hole *hole = pool_holes[units];
  if (hole == NULL) return NULL;
  pool_holes[units] = hole->next;
  state->malloc_count++;
  state->malloc_size += units * POOL_UNIT;
  return hole;
}

// False: it is no piece of the arena.
static inline bool pool_give_back(JSMallocState *state, void *piece) {
  if (!pool_has(piece)) return false;
  size_t units = pool_units_of(piece);
  state->malloc_count--;
  state->malloc_size -= units * POOL_UNIT;
  ((struct hole *)piece)->next = pool_holes[units];
  pool_holes[units] = piece;
  return true;
}
