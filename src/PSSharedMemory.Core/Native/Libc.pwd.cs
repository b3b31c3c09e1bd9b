using System.Buffers;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>pwd.h and grp.h: names and ids of users and groups. Null where the host knows none.</summary>
internal static unsafe partial class Libc
{
    // Enough for any entry but a group of thousands; ERANGE then asks for more.
    private const int FirstEntryBuffer = 4096;
    private const int LargestEntryBuffer = 1 << 20;

    [StructLayout(LayoutKind.Sequential)]
    public struct passwd
    {
        public byte* pw_name;
        public byte* pw_passwd;
        public uint pw_uid;
        public uint pw_gid;
        public byte* pw_gecos;
        public byte* pw_dir;
        public byte* pw_shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct group
    {
        public byte* gr_name;
        public byte* gr_passwd;
        public uint gr_gid;
        public byte** gr_mem;
    }

    private delegate int EntryCall<TEntry>(TEntry* entry, byte* buffer, nuint length, TEntry** found)
        where TEntry : unmanaged;

    private delegate T EntryReader<TEntry, T>(TEntry* entry)
        where TEntry : unmanaged;

    public static string? getpwuid(uint uid) => Entry<passwd, string?>(
        (entry, buffer, length, found) => getpwuid_r(uid, entry, buffer, length, found),
        entry => Marshal.PtrToStringUTF8((nint)entry->pw_name));

    public static string? getgrgid(uint gid) => Entry<group, string?>(
        (entry, buffer, length, found) => getgrgid_r(gid, entry, buffer, length, found),
        entry => Marshal.PtrToStringUTF8((nint)entry->gr_name));

    public static uint? getpwnam(string name) => Entry<passwd, uint?>(
        (entry, buffer, length, found) => getpwnam_r(name, entry, buffer, length, found),
        entry => entry->pw_uid);

    public static uint? getgrnam(string name) => Entry<group, uint?>(
        (entry, buffer, length, found) => getgrnam_r(name, entry, buffer, length, found),
        entry => entry->gr_gid);

    private static T? Entry<TEntry, T>(EntryCall<TEntry> call, EntryReader<TEntry, T> read)
        where TEntry : unmanaged
    {
        for (var size = FirstEntryBuffer; size <= LargestEntryBuffer; size *= 4)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                fixed (byte* pointer = buffer)
                {
                    TEntry entry;
                    TEntry* found;
                    var errno = call(&entry, pointer, (nuint)buffer.Length, &found);
                    if (errno != (int)Errno.ERANGE)
                    {
                        return found is null ? default : read(found);
                    }
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        return default;
    }

    [LibraryImport(Library)]
    private static partial int getpwuid_r(uint uid, passwd* pwd, byte* buf, nuint buflen, passwd** result);

    [LibraryImport(Library)]
    private static partial int getgrgid_r(uint gid, group* grp, byte* buf, nuint buflen, group** result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getpwnam_r(string name, passwd* pwd, byte* buf, nuint buflen, passwd** result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getgrnam_r(string name, group* grp, byte* buf, nuint buflen, group** result);
}
