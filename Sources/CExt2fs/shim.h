// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
