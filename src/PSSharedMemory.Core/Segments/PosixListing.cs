using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What was found in a file system of POSIX objects.</summary>
/// <param name="Segments">Its regular files, also those that this user may not open, in all directories.</param>
/// <param name="Others">All else: directories, sockets, links and so on.</param>
internal sealed record PosixListing(IReadOnlyList<ShmSegment> Segments, IReadOnlyList<PosixEntry> Others);
