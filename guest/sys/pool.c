#define _GNU_SOURCE
#include "pool.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// What a forked process may use more than it was born with, before it collects for the first time.
#define HEADROOM (2u << 20)
// As many large pieces as are kept, and how large they are at most.
#define KEPT_PIECES 8
#define KEPT_LARGEST (64u << 10)

struct hole *pool_holes[POOL_LARGEST / POOL_UNIT + 1];
// At first where no piece can be, and NULL is none of it either.
uint8_t *pool_arena = (uint8_t *)(0u - POOL_ARENA);
uint8_t pool_chunk_units[POOL_ARENA / POOL_CHUNK];

static JSMallocState *accounts;
static uint8_t *arena_next;
// What has never been given out of the chunk that was begun last. It is not made a list of holes: that would touch it.
static uint8_t *fresh[POOL_LARGEST / POOL_UNIT + 1], *fresh_end[POOL_LARGEST / POOL_UNIT + 1];

static size_t usable_size(const void *piece) {
  if (piece == NULL) return 0;
  return pool_has(piece) ? pool_units_of(piece) * POOL_UNIT : malloc_usable_size((void *)piece);
}

static bool begin_chunk(size_t units) {
  size_t size = units * POOL_UNIT;
  if (arena_next + POOL_CHUNK > pool_arena + POOL_ARENA) return false;
  pool_chunk_units[(size_t)(arena_next - pool_arena) / POOL_CHUNK] = units - 1;
  fresh[units] = arena_next;
  fresh_end[units] = arena_next + POOL_CHUNK / size * size;
  arena_next += POOL_CHUNK;
  return true;
}

// --- large pieces ---------------------------------------------------------------------------------------------------------

// A text that grows has each of them for a moment, which musl gets from the kernel and gives back at once: two system
// calls, and a fault for every page. A few that were freed stay here for the next text.
static struct {
  void *piece;
  size_t size;
} kept[KEPT_PIECES];

static void *take_large(size_t size) {
  for (int i = 0; i < KEPT_PIECES; i++) {
    void *piece = kept[i].piece;
    // None that is more than half empty: it may be held for long.
    if (piece == NULL || kept[i].size < size || kept[i].size / 2 > size) continue;
    kept[i].piece = NULL;
    return piece;
  }
  return malloc(size);
}

static void give_back_large(void *piece, size_t size) {
  static unsigned oldest;
  if (size <= POOL_LARGEST || size > KEPT_LARGEST) return free(piece);
  int at = 0;
  while (at < KEPT_PIECES && kept[at].piece != NULL) at++;
  if (at == KEPT_PIECES) free(kept[at = oldest++ % KEPT_PIECES].piece);
  kept[at].piece = piece;
  kept[at].size = size;
}

// A piece that nobody has had yet, or a large one.
static void *begin_piece(size_t size) {
  if (size > POOL_LARGEST) return take_large(size);
  size_t units = size == 0 ? 1 : (size + POOL_UNIT - 1) / POOL_UNIT;
  if (fresh[units] == fresh_end[units] && !begin_chunk(units)) return malloc(size);
  uint8_t *piece = fresh[units];
  fresh[units] += units * POOL_UNIT;
  return piece;
}

// --- as QuickJS wants it: with the sum of all that is in use, which decides when it collects ------------------------------

static void *pool_malloc(JSMallocState *state, size_t size) {
  void *piece = pool_take(state, size);
  if (piece != NULL) return piece;
  piece = begin_piece(size);
  if (piece == NULL) return NULL;
  accounts = state;
  state->malloc_count++;
  state->malloc_size += usable_size(piece);
  return piece;
}

static void pool_free(JSMallocState *state, void *piece) {
  if (piece == NULL || pool_give_back(state, piece)) return;
  size_t size = usable_size(piece);
  state->malloc_count--;
  state->malloc_size -= size;
  give_back_large(piece, size);
}

// For the largest, and for what becomes smaller: they stay where they are if they can.
static void *resize_large(JSMallocState *state, void *piece, size_t before, size_t size) {
  void *moved = realloc(piece, size);
  if (moved != NULL) state->malloc_size += usable_size(moved) - before;
  return moved;
}

static void *pool_realloc(JSMallocState *state, void *piece, size_t size) {
  if (piece == NULL) return size == 0 ? NULL : pool_malloc(state, size);
  if (size == 0) return pool_free(state, piece), NULL;
  size_t before = usable_size(piece);
  // A piece that stays more than half full stays where it is.
  if (pool_has(piece) && size <= before && size > before / 2) return piece;
  bool large = !pool_has(piece) && size > POOL_LARGEST;
  if (large && (size <= before || size > KEPT_LARGEST)) return resize_large(state, piece, before, size);
  void *moved = pool_malloc(state, size);
  if (moved == NULL) return NULL;
  memcpy(moved, piece, before < size ? before : size);
  pool_free(state, piece);
  return moved;
}

JSRuntime *new_pooled_runtime(void) {
  static const JSMallocFunctions functions = {pool_malloc, pool_free, pool_realloc, usable_size};
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *arena = mmap(NULL, POOL_ARENA, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (arena == MAP_FAILED) return JS_NewRuntime();
  pool_arena = arena_next = arena;
  return JS_NewRuntime2(&functions, NULL);
}

void postpone_collection(JSRuntime *runtime) {
  if (accounts != NULL) JS_SetGCThreshold(runtime, accounts->malloc_size + HEADROOM);
}
