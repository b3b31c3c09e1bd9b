using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Why shmget(2) failed, where its errno says several things: looked up on the host as it is now.</summary>
internal static class ShmgetReason
{
    /// <summary>The condition in words; null where the errno says it all, or nothing explains it.</summary>
    /// <param name="key">The key; 0 for a private segment.</param>
    /// <param name="size">Bytes asked for.</param>
    /// <param name="error">The errno's name.</param>
    public static string? Of(int key, long size, string error) => error switch
    {
        nameof(Errno.EINVAL) => OfInvalid(key, size),
        nameof(Errno.ENOSPC) when Limit("shmmni") is { } count && (ulong)SysVTable.Read().Count >= count =>
            $"this host has reached its limit of {count} segments (SHMMNI)",
        nameof(Errno.ENOSPC) when Limit("shmall") is { } pages =>
            $"all segments together may have at most {pages} pages of {Environment.SystemPageSize} bytes (SHMALL)",
        nameof(Errno.EEXIST) => "a segment with that key exists",
        nameof(Errno.ENOENT) => "no segment has that key",
        _ => null,
    };

    private static string? OfInvalid(int key, long size)
    {
        if (key != 0)
        {
            foreach (var segment in SysVTable.Read())
            {
                if (segment.Key == key)
                {
                    return size > segment.Size
                        ? $"the segment with that key has {segment.Size} bytes, fewer than the {size} asked for"
                        : null;
                }
            }
        }

        return size == 0 ? "a new segment needs a size"
            : Limit("shmmax") is { } most && (ulong)size > most ? $"a segment may have at most {most} bytes (SHMMAX)"
            : null;
    }

    private static ulong? Limit(string name) => new HostFiles().ReadNumber($"/proc/sys/kernel/{name}");
}
