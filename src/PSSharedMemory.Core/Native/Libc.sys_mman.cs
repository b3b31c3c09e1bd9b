using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/mman.h: mappings, memfd.</summary>
internal static unsafe partial class Libc
{
    public const int PROT_NONE = 0;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;

    public const int MAP_SHARED = 0x01;
    public const int MAP_PRIVATE = 0x02;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_NORESERVE = 0x4000;
    public const int MAP_FIXED_NOREPLACE = 0x100000;

    public const int MREMAP_MAYMOVE = 1;
    public const int MREMAP_FIXED = 2;

    /// <summary>mlock2(2): pages are locked as they come, none is brought in.</summary>
    public const uint MLOCK_ONFAULT = 1;

    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    public const uint MFD_HUGETLB = 4;

    /// <summary>Where the binary logarithm of the huge page size stands in the flags of memfd_create.</summary>
    public const int MFD_HUGE_SHIFT = 26;

    /// <summary>Of an open file.</summary>
    public static nint mmap(nint addr, nuint length, int prot, int flags, DescriptorHandle fd, long offset) =>
        FoldAddress(mmap_(addr, length, prot, flags, fd, offset));

    /// <summary>Of no file: MAP_ANONYMOUS, and the descriptor is -1.</summary>
    public static nint mmap(nint addr, nuint length, int prot, int flags, int fd, long offset) =>
        FoldAddress(mmap_(addr, length, prot, flags, fd, offset));

    public static int munmap(nint addr, nuint length) => Fold(munmap_(addr, length));

    public static int mprotect(nint addr, nuint length, int prot) => Fold(mprotect_(addr, length, prot));

    /// <summary>The new address counts with MREMAP_FIXED only.</summary>
    public static nint mremap(nint old_address, nuint old_size, nuint new_size, int flags, nint new_address = 0) =>
        FoldAddress(mremap_(old_address, old_size, new_size, flags, new_address));

    public static int madvise(nint addr, nuint length, int advice) => Fold(madvise_(addr, length, advice));

    /// <summary>One byte for each page of the range; its lowest bit says whether the page is in memory.</summary>
    public static int mincore(nint addr, nuint length, byte* vec) => Fold(mincore_(addr, length, vec));

    public static int mlock(nint addr, nuint length) => Fold(mlock_(addr, length));

    public static int mlock2(nint addr, nuint length, uint flags) => Fold(mlock2_(addr, length, flags));

    public static int munlock(nint addr, nuint length) => Fold(munlock_(addr, length));

    public static int memfd_create(string name, uint flags) => Fold(memfd_create_(name, flags));

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    private static partial nint mmap_(nint addr, nuint length, int prot, int flags, DescriptorHandle fd, long offset);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    private static partial nint mmap_(nint addr, nuint length, int prot, int flags, int fd, long offset);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    private static partial int munmap_(nint addr, nuint length);

    [LibraryImport(Library, EntryPoint = "mprotect", SetLastError = true)]
    private static partial int mprotect_(nint addr, nuint length, int prot);

    [LibraryImport(Library, EntryPoint = "mremap", SetLastError = true)]
    private static partial nint mremap_(nint old_address, nuint old_size, nuint new_size, int flags, nint new_address);

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    private static partial int madvise_(nint addr, nuint length, int advice);

    [LibraryImport(Library, EntryPoint = "mincore", SetLastError = true)]
    private static partial int mincore_(nint addr, nuint length, byte* vec);

    [LibraryImport(Library, EntryPoint = "mlock", SetLastError = true)]
    private static partial int mlock_(nint addr, nuint length);

    [LibraryImport(Library, EntryPoint = "mlock2", SetLastError = true)]
    private static partial int mlock2_(nint addr, nuint length, uint flags);

    [LibraryImport(Library, EntryPoint = "munlock", SetLastError = true)]
    private static partial int munlock_(nint addr, nuint length);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create_(string name, uint flags);
}
