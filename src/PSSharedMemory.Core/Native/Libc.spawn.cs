using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>
/// spawn.h: posix_spawn(3). These functions return an errno and do not set it; the wrappers return minus that.
/// </summary>
internal static unsafe partial class Libc
{
    public const short POSIX_SPAWN_SETSIGDEF = 0x04;
    public const short POSIX_SPAWN_SETSIGMASK = 0x08;

    /// <summary>Opaque.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct posix_spawn_file_actions_t
    {
        private fixed ulong _opaque[10];
    }

    /// <summary>Opaque.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct posix_spawnattr_t
    {
        private fixed ulong _opaque[42];
    }

    /// <summary>Whether this C library can close all descriptors from one on (glibc 2.34).</summary>
    public static bool HasCloseFrom { get; } =
        NativeLibrary.TryLoad(Library, typeof(Libc).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, nameof(posix_spawn_file_actions_addclosefrom_np), out _);

    /// <summary>Starts the program at the path; its process id.</summary>
    public static int posix_spawn(
        byte* path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attributes, byte** argv, byte** envp)
    {
        int pid;
        var errno = posix_spawn_(&pid, path, actions, attributes, argv, envp);
        return errno == 0 ? pid : -errno;
    }

    public static int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions) =>
        -posix_spawn_file_actions_init_(actions);

    public static int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions) =>
        -posix_spawn_file_actions_destroy_(actions);

    /// <summary>Where both numbers are one, the child's descriptor loses its close-on-exec flag (glibc 2.29).</summary>
    public static int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int fd, int newfd) =>
        -posix_spawn_file_actions_adddup2_(actions, fd, newfd);

    /// <summary>Closing a descriptor that is not open doesn't fail in the child.</summary>
    public static int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t* actions, int fd) =>
        -posix_spawn_file_actions_addclose_(actions, fd);

    public static int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t* actions, int from) =>
        -posix_spawn_file_actions_addclosefrom_np_(actions, from);

    public static int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t* actions, byte* path) =>
        -posix_spawn_file_actions_addchdir_np_(actions, path);

    public static int posix_spawnattr_init(posix_spawnattr_t* attributes) => -posix_spawnattr_init_(attributes);

    public static int posix_spawnattr_destroy(posix_spawnattr_t* attributes) => -posix_spawnattr_destroy_(attributes);

    public static int posix_spawnattr_setflags(posix_spawnattr_t* attributes, short flags) =>
        -posix_spawnattr_setflags_(attributes, flags);

    public static int posix_spawnattr_setsigmask(posix_spawnattr_t* attributes, in sigset_t mask)
    {
        fixed (sigset_t* pointer = &mask)
        {
            return -posix_spawnattr_setsigmask_(attributes, pointer);
        }
    }

    public static int posix_spawnattr_setsigdefault(posix_spawnattr_t* attributes, in sigset_t signals)
    {
        fixed (sigset_t* pointer = &signals)
        {
            return -posix_spawnattr_setsigdefault_(attributes, pointer);
        }
    }

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    private static partial int posix_spawn_(
        int* pid, byte* path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attributes, byte** argv,
        byte** envp);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int posix_spawn_file_actions_init_(posix_spawn_file_actions_t* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int posix_spawn_file_actions_destroy_(posix_spawn_file_actions_t* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int posix_spawn_file_actions_adddup2_(
        posix_spawn_file_actions_t* actions, int fd, int newfd);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclose")]
    private static partial int posix_spawn_file_actions_addclose_(posix_spawn_file_actions_t* actions, int fd);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static partial int posix_spawn_file_actions_addclosefrom_np_(posix_spawn_file_actions_t* actions, int from);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    private static partial int posix_spawn_file_actions_addchdir_np_(posix_spawn_file_actions_t* actions, byte* path);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    private static partial int posix_spawnattr_init_(posix_spawnattr_t* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    private static partial int posix_spawnattr_destroy_(posix_spawnattr_t* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    private static partial int posix_spawnattr_setflags_(posix_spawnattr_t* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int posix_spawnattr_setsigmask_(posix_spawnattr_t* attributes, sigset_t* mask);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int posix_spawnattr_setsigdefault_(posix_spawnattr_t* attributes, sigset_t* signals);
}
