// Pieces of one size lie together in chunks of one arena, so that an address alone tells the size: no piece has a header.
// A freed piece is the next one of its size to be given out. Large pieces come from malloc.
#define _GNU_SOURCE
#include "pool.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define UNIT 8
#define LARGEST 1024
#define CLASSES (LARGEST / UNIT + 1)
#define CHUNK (16u << 10)
// Addresses only: memory is used where it is touched. When it is full, malloc goes on.
#define ARENA (64u << 20)
// What a forked process may use more than it was born with, before it collects for the first time.
#define HEADROOM (2u << 20)

struct hole {
  struct hole *next;
};

static JSMallocState *accounts;
static uint8_t *arena, *arena_next;
static uint8_t chunk_units[ARENA / CHUNK];
static struct hole *holes[CLASSES];
// What has never been given out of the chunk that was begun last. It is not made a list of holes: that would touch it.
static uint8_t *fresh[CLASSES], *fresh_end[CLASSES];

static int in_arena(const void *piece) { return (size_t)((uint8_t *)piece - arena) < ARENA; }

static size_t units_of(const void *piece) { return chunk_units[((uint8_t *)piece - arena) / CHUNK] + 1u; }

static size_t usable_size(const void *piece) {
  if (piece == NULL) return 0;
  return in_arena(piece) ? units_of(piece) * UNIT : malloc_usable_size((void *)piece);
}

static int begin_chunk(size_t units) {
  if (arena_next + CHUNK > arena + ARENA) return 0;
  chunk_units[(arena_next - arena) / CHUNK] = units - 1;
  fresh[units] = arena_next;
  fresh_end[units] = arena_next + CHUNK / (units * UNIT) * (units * UNIT);
  arena_next += CHUNK;
  return 1;
}

static void *take(size_t size) {
  if (size > LARGEST) return malloc(size);
  size_t units = (size + UNIT - 1) / UNIT;
  if (units == 0) units = 1;
  struct hole *hole = holes[units];
  if (hole != NULL) return holes[units] = hole->next, hole;
  if (fresh[units] == fresh_end[units] && !begin_chunk(units)) return malloc(size);
  uint8_t *piece = fresh[units];
  fresh[units] += units * UNIT;
  return piece;
}

static void give_back(void *piece) {
  if (!in_arena(piece)) return free(piece);
  size_t units = units_of(piece);
  ((struct hole *)piece)->next = holes[units];
  holes[units] = piece;
}

// --- as QuickJS wants it: with the sum of all that is in use, which decides when it collects ------------------------------

static void *pool_malloc(JSMallocState *state, size_t size) {
  void *piece = take(size);
  if (piece == NULL) return NULL;
  accounts = state;
  state->malloc_count++;
  state->malloc_size += usable_size(piece);
  return piece;
}

static void pool_free(JSMallocState *state, void *piece) {
  if (piece == NULL) return;
  state->malloc_count--;
  state->malloc_size -= usable_size(piece);
  give_back(piece);
}

static void *resize_large(JSMallocState *state, void *piece, size_t size) {
  size_t before = usable_size(piece);
  void *moved = realloc(piece, size);
  if (moved != NULL) state->malloc_size += usable_size(moved) - before;
  return moved;
}

static void *pool_realloc(JSMallocState *state, void *piece, size_t size) {
  if (piece == NULL) return size == 0 ? NULL : pool_malloc(state, size);
  if (size == 0) return pool_free(state, piece), NULL;
  size_t before = usable_size(piece);
  // A piece that stays more than half full stays where it is.
  if (in_arena(piece) && size <= before && size > before / 2) return piece;
  if (!in_arena(piece) && size > LARGEST) return resize_large(state, piece, size);
  void *moved = pool_malloc(state, size);
  if (moved == NULL) return NULL;
  memcpy(moved, piece, before < size ? before : size);
  pool_free(state, piece);
  return moved;
}

JSRuntime *new_pooled_runtime(void) {
  static const JSMallocFunctions functions = {pool_malloc, pool_free, pool_realloc, usable_size};
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  arena = arena_next = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (arena == MAP_FAILED) return JS_NewRuntime();
  return JS_NewRuntime2(&functions, NULL);
}

void postpone_collection(JSRuntime *runtime) {
  if (accounts != NULL) JS_SetGCThreshold(runtime, accounts->malloc_size + HEADROOM);
}
