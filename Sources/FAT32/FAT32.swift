// SPDX-License-Identifier: Apache-2.0

/// FAT32 volumes, made and read in plain Swift, with no mount, no root and no C. `import FAT32` is all it takes:
///
/// ```swift
/// let image = try ImageFile(path: path, size: 64 << 20)
/// let geometry = try Geometry(volumeSize: image.size, hiddenSectorCount: 0)
/// let now = Timestamp(seconds: 1_773_500_966)
/// var writer = try VolumeWriter(
///   formatting: image, geometry: geometry, label: VolumeLabel("HELLO"), volumeID: 0x1234_ABCD, time: now)
/// let text = Array("Hello, card\n".utf8)
/// let file = Entry(
///   EntryPath("docs/hello.txt"), .regular(.init(size: 12)), mode: 0o644, modificationTime: now)
/// try writer.add(file)
/// try writer.append(text.span.bytes)
/// try writer.finish()
/// try image.commit(isDurable: true)
///
/// var reader = try VolumeReader(image)
/// try reader.open(reader.item(at: EntryPath("docs/hello.txt")))
/// let bytes = try reader.nextBytes()
/// ```
///
/// - ``VolumeWriter`` takes entries in any order, from any `EntryReader`, and writes each byte once.
/// - ``VolumeReader`` is an `EntryReader` itself: `writer.add(contentsOf: &reader)` copies a volume.
/// - ``Geometry`` says where everything lies; ``FAT32Error`` what went wrong, in one line.
/// - A volume stands on any `BlockTarget`: an image file, memory, or a `TargetSlice` of a disk for a partition.
@_exported public import Blocks
@_exported public import Entries
