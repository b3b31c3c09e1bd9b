using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What was found in a file system of POSIX objects.</summary>
/// <param name="Segments">Its regular files in all directories, even those this user cannot open.</param>
/// <param name="Others">Everything else: directories, sockets, links and so on.</param>
internal sealed record PosixListing(IReadOnlyList<ShmSegment> Segments, IReadOnlyList<PosixEntry> Others);
