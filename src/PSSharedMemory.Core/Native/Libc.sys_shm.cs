using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/shm.h and sys/ipc.h: System V shared memory.</summary>
internal static unsafe partial class Libc
{
    public const int IPC_PRIVATE = 0;

    public const int IPC_CREAT = 0x200;
    public const int IPC_EXCL = 0x400;

    public const int IPC_RMID = 0;
    public const int IPC_SET = 1;
    public const int IPC_STAT = 2;
    public const int SHM_LOCK = 11;
    public const int SHM_UNLOCK = 12;

    public const int SHM_INFO = 14;

    /// <summary>
    /// As IPC_STAT, but takes a place of the kernel's table, gives the id, and asks for no permission.
    /// </summary>
    public const int SHM_STAT_ANY = 15;

    public const int SHM_HUGETLB = 0x800;
    public const int SHM_NORESERVE = 0x1000;

    /// <summary>Where the binary logarithm of the huge page size stands in the flags of shmget.</summary>
    public const int SHM_HUGE_SHIFT = 26;

    public const int SHM_RDONLY = 0x1000;
    public const int SHM_REMAP = 0x4000;
    public const int SHM_EXEC = 0x8000;

    /// <summary>In shm_perm.mode: destroyed with its last detach.</summary>
    public const uint SHM_DEST = 0x200;

    /// <summary>In shm_perm.mode: its pages stay in RAM.</summary>
    public const uint SHM_LOCKED = 0x400;

    [StructLayout(LayoutKind.Sequential)]
    public struct ipc_perm
    {
        public int __key;
        public uint uid;
        public uint gid;
        public uint cuid;
        public uint cgid;
        public uint mode;
        public ushort __seq;
        private readonly ushort _pad2;
        private readonly ulong _reserved1;
        private readonly ulong _reserved2;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct shmid_ds
    {
        public ipc_perm shm_perm;
        public nuint shm_segsz;
        public long shm_atime;
        public long shm_dtime;
        public long shm_ctime;
        public int shm_cpid;
        public int shm_lpid;
        public ulong shm_nattch;
        private readonly ulong _reserved5;
        private readonly ulong _reserved6;
    }

    /// <summary>Of all segments of an IPC namespace; pages where it says shm_.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct shm_info
    {
        public int used_ids;
        public ulong shm_tot;
        public ulong shm_rss;
        public ulong shm_swp;
        private readonly ulong _swap_attempts;
        private readonly ulong _swap_successes;
    }

    public static int shmget(int key, nuint size, int shmflg) => Fold(shmget_(key, size, shmflg));

    public static nint shmat(int shmid, nint shmaddr, int shmflg) => FoldAddress(shmat_(shmid, shmaddr, shmflg));

    public static int shmdt(nint shmaddr) => Fold(shmdt_(shmaddr));

    public static int shmctl(int shmid, int cmd, ref shmid_ds buf)
    {
        fixed (shmid_ds* pointer = &buf)
        {
            return Fold(shmctl_(shmid, cmd, pointer));
        }
    }

    /// <summary>SHM_INFO: what the kernel counts of all segments together.</summary>
    public static int shmctl(out shm_info buf)
    {
        fixed (shm_info* pointer = &buf)
        {
            *pointer = default;
            return Fold(shmctl_(0, SHM_INFO, (shmid_ds*)pointer));
        }
    }

    /// <summary>For the commands that take no structure: IPC_RMID, SHM_LOCK, SHM_UNLOCK.</summary>
    public static int shmctl(int shmid, int cmd) => Fold(shmctl_(shmid, cmd, null));

    /// <summary>The key of ftok(3), or minus errno; in a long, because every int can be a key.</summary>
    public static long ftok(string pathname, int proj_id)
    {
        // -1 is a possible key too; the stub clears errno before the call, so errno decides.
        var key = ftok_(pathname, proj_id);
        var errno = key == -1 ? Marshal.GetLastPInvokeError() : 0;
        return errno == 0 ? (uint)key : -errno;
    }

    [LibraryImport(Library, EntryPoint = "shmget", SetLastError = true)]
    private static partial int shmget_(int key, nuint size, int shmflg);

    [LibraryImport(Library, EntryPoint = "shmat", SetLastError = true)]
    private static partial nint shmat_(int shmid, nint shmaddr, int shmflg);

    [LibraryImport(Library, EntryPoint = "shmdt", SetLastError = true)]
    private static partial int shmdt_(nint shmaddr);

    [LibraryImport(Library, EntryPoint = "shmctl", SetLastError = true)]
    private static partial int shmctl_(int shmid, int cmd, shmid_ds* buf);

    [LibraryImport(Library, EntryPoint = "ftok", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ftok_(string pathname, int proj_id);
}
