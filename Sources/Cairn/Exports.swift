// SPDX-License-Identifier: Apache-2.0

// The values that the library's own declarations are made of: whoever imports Cairn needs nothing else.
@_exported public import Alpine
@_exported public import Archive
@_exported public import Bench
@_exported public import Blocks
@_exported public import Devices
@_exported public import Entries
@_exported public import Ext4
@_exported public import FAT32
@_exported public import PartitionTable
@_exported public import Recipes
