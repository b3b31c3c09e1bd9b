using System;

namespace PSSharedMemory;

/// <summary>What is wrong with a mount before anything is attached.</summary>
internal static class MountChecks
{
    /// <summary>The options with an address at a page.</summary>
    /// <exception cref="ShmException">InvalidAddress.</exception>
    public static ShmMountOptions WithCheckedAddress(ShmSegment segment, ShmMountOptions options)
    {
        if (options.Address == 0)
        {
            return options.Replace
                ? throw InvalidAddress(segment, "to replace a mapping, give the address where it lies")
                : options;
        }

        var page = Environment.SystemPageSize;
        var where = $"at 0x{options.Address:x}";
        if (options.Address < 0)
        {
            throw InvalidAddress(segment, "this isn't an address of a process", where);
        }

        var rounded = options.Address / page * page;
        return options.Address != rounded && !options.RoundAddress
            ? throw InvalidAddress(segment, $"the address must be a multiple of {page} (SHMLBA)", where)
            : rounded == 0
            ? throw InvalidAddress(segment, "rounded down it is 0, where no mapping can lie", where)
            : options with { Address = rounded };
    }

    /// <summary>Checks what cannot be asked of a segment at all.</summary>
    /// <exception cref="ShmException">PageProtected, NotSupportedByKind.</exception>
    public static void Check(ShmSegment segment, ShmMountOptions options)
    {
        if (options.Populate && (options.Protection & (ShmProtection.Read | ShmProtection.Write)) == 0)
        {
            throw new ShmException(
                ShmErrorId.PageProtected,
                $"Cannot populate {segment}: pages that allow {options.Protection} are not touched. Mount it with Read "
                    + "or Write, and close the pages afterwards.",
                segment);
        }

        RefuseForSysV(
            segment, options.Offset != 0 || options.Length != 0, "mount a part of",
            "shmat attaches all of it. Mount it whole and read at the offset.");
        RefuseForSysV(
            segment, options.CopyOnWrite, "mount copy-on-write",
            "System V has no such attachment. Export it, or copy it to a POSIX segment.");
    }

    /// <summary>The bytes of the view, checked.</summary>
    /// <exception cref="ShmException">InvalidOffset, SizeMismatch, OutOfRange.</exception>
    public static long ViewLength(ShmSegment segment, ShmMountOptions options, long pageSize)
    {
        if (options.Offset < 0 || options.Offset % pageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset,
                $"Cannot mount {segment} from offset {options.Offset}: a view begins at a page, a multiple of "
                    + $"{pageSize} bytes.",
                segment);
        }

        if (segment.Size == 0)
        {
            throw new ShmException(
                ShmErrorId.SizeMismatch,
                $"Cannot mount {segment}: it has no bytes yet. Its maker has not set its size.", segment);
        }

        var length = options.Length == 0 ? segment.Size - options.Offset : options.Length;
        if (length > 0 && options.Offset <= segment.Size - length)
        {
            return length;
        }

        var part = options.Length == 0 ? "" : $"{options.Length} bytes of ";
        throw new ShmException(
            ShmErrorId.OutOfRange,
            $"Cannot mount {part}{segment} from offset {options.Offset}: it has {segment.Size} bytes.",
            segment);
    }

    private static void RefuseForSysV(ShmSegment segment, bool isAsked, string what, string instead)
    {
        if (isAsked && segment.Kind == ShmKind.SysV)
        {
            throw new ShmException(ShmErrorId.NotSupportedByKind, $"Cannot {what} {segment}: {instead}", segment);
        }
    }

    private static ShmException InvalidAddress(ShmSegment segment, string why, string where = "") => new(
        ShmErrorId.InvalidAddress, $"Cannot mount {segment}{(where.Length > 0 ? " " : "")}{where}: {why}.", segment);
}
