// SPDX-License-Identifier: Apache-2.0
// The least that anyone has to do who makes a card or a volume from an archive, and nothing beside it. Bytes go through
// pieces of 256 KiB, which stay in the processor's cache; nothing is flushed. `peers` compiles and runs it:
//
//     limit inflate GZIP OUTPUT   inflates in one thread, with the checksum, and writes in another.
//     limit place TAR OUTPUT      reads the headers of a ustar, and writes each file's bytes from a multiple of 4 KiB on.

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 18, PIECES = 8, SECTOR = 512, BLOCK = 4096 };

static int input, output;

static void write_all(const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(output, bytes, count);
    if (written < 0) err(1, "write");
    bytes += written, count -= written;
  }
}

// -- inflate ----------------------------------------------------------------------------------------------

static struct {
  uint8_t bytes[PIECE];
  size_t count;
} ring[PIECES];
static sem_t emptied, filled;

// An empty piece is the last one.
static void *write_pieces(void *unused) {
  for (size_t number = 0;; number++) {
    sem_wait(&filled);
    if (ring[number % PIECES].count == 0) return unused;
    write_all(ring[number % PIECES].bytes, ring[number % PIECES].count);
    sem_post(&emptied);
  }
}

static void inflate(void) {
  static uint8_t packed[PIECE];
  static struct inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  sem_init(&emptied, 0, PIECES);
  sem_init(&filled, 0, 0);
  pthread_t writer;
  if (pthread_create(&writer, NULL, write_pieces, NULL) != 0) errx(1, "no thread");
  for (size_t number = 0;; number++) {
    sem_wait(&emptied);
    uint8_t *bytes = ring[number % PIECES].bytes;
    state.next_out = bytes, state.avail_out = PIECE;
    while (state.avail_out > 0 && state.block_state != ISAL_BLOCK_FINISH) {
      if (state.avail_in == 0) {
        ssize_t count = read(input, packed, PIECE);
        if (count <= 0) errx(1, "the input ends too early");
        state.next_in = packed, state.avail_in = count;
      }
      int status = isal_inflate(&state);
      if (status != ISAL_DECOMP_OK) errx(1, "the input is damaged: %d", status);
    }
    ring[number % PIECES].count = PIECE - state.avail_out;
    sem_post(&filled);
    if (state.avail_out == PIECE) break;
  }
  pthread_join(writer, NULL);
}

// -- place ------------------------------------------------------------------------------------------------

static uint8_t source[PIECE], result[PIECE];
static size_t source_at, source_end, result_end;

// Some of the next bytes of the archive, `most` at most; none at its end.
static const uint8_t *take(size_t most, size_t *count) {
  if (source_at == source_end) {
    ssize_t got = read(input, source, PIECE);
    if (got < 0) err(1, "read");
    source_at = 0, source_end = got;
  }
  *count = source_end - source_at < most ? source_end - source_at : most;
  source_at += *count;
  return source + source_at - *count;
}

static void put(const uint8_t *bytes, size_t count) {
  memcpy(result + result_end, bytes, count);
  result_end += count;
  if (result_end < PIECE) return;
  write_all(result, PIECE);
  result_end = 0;
}

static void copy(size_t size, int is_kept) {
  for (size_t count; size > 0; size -= count) {
    size_t room = PIECE - result_end;
    const uint8_t *bytes = take(is_kept && room < size ? room : size, &count);
    if (count == 0) errx(1, "the input ends too early");
    if (is_kept) put(bytes, count);
  }
}

static void place(void) {
  static const uint8_t zeros[BLOCK];
  uint8_t header[SECTOR];
  for (;;) {
    for (size_t have = 0, count; have < SECTOR; have += count) {
      const uint8_t *bytes = take(SECTOR - have, &count);
      if (count == 0) errx(1, "the input ends too early");
      memcpy(header + have, bytes, count);
    }
    if (header[0] == 0) break;
    char digits[13] = {0};
    memcpy(digits, header + 124, 12);
    size_t size = strtoull(digits, NULL, 8);
    int is_file = header[156] == '0' || header[156] == 0;
    copy(size, is_file);
    copy(-size % SECTOR, 0);
    if (is_file) put(zeros, -size % BLOCK);
  }
  write_all(result, result_end);
}

int main(int count, char **words) {
  if (count != 4) errx(2, "usage: limit inflate GZIP OUTPUT | limit place TAR OUTPUT");
  input = open(words[2], O_RDONLY);
  output = open(words[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (input < 0 || output < 0) err(1, "%s or %s", words[2], words[3]);
  if (strcmp(words[1], "inflate") == 0)
    inflate();
  else
    place();
  return 0;
}
