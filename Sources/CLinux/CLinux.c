// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>

const int linux_O_TMPFILE = O_TMPFILE;
const int linux_FALLOC_FL_KEEP_SIZE = FALLOC_FL_KEEP_SIZE;
const int linux_FALLOC_FL_PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE;
const unsigned linux_MFD_CLOEXEC = MFD_CLOEXEC;
const int linux_SEEK_DATA = SEEK_DATA;
const int linux_SEEK_HOLE = SEEK_HOLE;

int linux_fallocate(int descriptor, int mode, off_t offset, off_t count) {
  return fallocate(descriptor, mode, offset, count);
}

int linux_memfd_create(const char *name, unsigned flags) { return memfd_create(name, flags); }

int linux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

ssize_t linux_getdents(int descriptor, void *buffer, size_t count) { return getdents64(descriptor, buffer, count); }

const char *linux_error_text(int number) { return strerrordesc_np(number); }
