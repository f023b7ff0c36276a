// SPDX-License-Identifier: Apache-2.0
//
// The system calls that Cairn makes, with the macros and variadic functions that Swift can't see.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const int linux_O_TMPFILE = 020000000 | O_DIRECTORY;
static const int linux_FALLOC_FL_KEEP_SIZE = 0x01;
static const int linux_FALLOC_FL_PUNCH_HOLE = 0x02;
static const unsigned linux_MFD_CLOEXEC = 0x0001U;

/// The number of the last error of this thread.
static inline int linux_errno(void) { return errno; }

/// open(2) with a mode, for files that may be made.
static inline int linux_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

/// fallocate(2).
int linux_fallocate(int descriptor, int mode, off_t offset, off_t count);

/// memfd_create(2).
int linux_memfd_create(const char *name, unsigned flags);

/// strerror_r(3) as the GNU library has it: the text, in `buffer` or elsewhere.
const char *linux_error_text(int number, char *buffer, size_t byteCount);
