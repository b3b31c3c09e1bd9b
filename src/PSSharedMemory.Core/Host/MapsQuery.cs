using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Areas of files in an address space, asked of the kernel one by one (PROCMAP_QUERY, Linux 6.11): no text is made of
/// those that do not matter, and no path of those whose device says enough. One serves one thread.
/// </summary>
internal sealed unsafe class MapsQuery
{
    private const uint MostOfName = 4096;

    // Whether this kernel knows the question; a filter of system calls may not let it through.
    private static volatile bool s_isKnown = true;

    private readonly byte[] _name = new byte[MostOfName];
    private Query _query;
    private int _maps = -1;

    /// <summary>Whether it is worth asking.</summary>
    public static bool IsKnown => s_isKnown;

    /// <summary>Begins with the process that the reader has entered. Returns 0 or -errno.</summary>
    public int Enter(ProcReader reader)
    {
        _maps = reader.Open("maps\0"u8);
        _query = default;
        return Math.Min(_maps, 0);
    }

    /// <summary>Ends it.</summary>
    public void Leave()
    {
        if (_maps >= 0)
        {
            _ = Libc.close(_maps);
        }

        _maps = -1;
    }

    /// <summary>
    /// The next area, without its path. 0; -ENOENT at the end; -ENOTTY where this cannot be asked; other -errno.
    /// </summary>
    public int Next(out MapsLine area)
    {
        var next = _query.End;
        _query = new Query
        {
            Size = (ulong)sizeof(Query),
            Flags = Libc.PROCMAP_QUERY_COVERING_OR_NEXT_VMA | Libc.PROCMAP_QUERY_FILE_BACKED_VMA,
            Address = next,
        };
        int status;
        fixed (Query* query = &_query)
        {
            status = Libc.ProcMapQuery(_maps, query);
        }

        if ((Errno)(-status) is Errno.ENOTTY or Errno.EINVAL or Errno.EPERM or Errno.ENOSYS)
        {
            s_isKnown = false;
            status = -(int)Errno.ENOTTY;
        }

        area = status < 0 ? default : new MapsLine
        {
            Start = _query.Start,
            End = _query.End,
            Access = (AreaAccess)(_query.Access & 0xF),
            Offset = _query.Offset,
            Device = MapsLine.DeviceOf(_query.Major, _query.Minor),
            Inode = _query.Inode,
        };
        return status;
    }

    /// <summary>
    /// The path of the area that was told last, with a line feed as \012 as in the text; empty where it is gone.
    /// </summary>
    public ReadOnlySpan<byte> Path()
    {
        fixed (byte* name = _name)
        {
            var query = new Query
            {
                Size = (ulong)sizeof(Query),
                Flags = Libc.PROCMAP_QUERY_ANY,
                Address = _query.Start,
                NameSize = MostOfName,
                NameAddress = (ulong)name,
            };
            if (Libc.ProcMapQuery(_maps, &query) < 0 || query.Inode != _query.Inode || query.NameSize == 0)
            {
                return default;
            }

            var path = _name.AsSpan(0, (int)query.NameSize - 1);
            return path.Contains((byte)'\n') ? Escaped(path) : path;
        }
    }

    private static byte[] Escaped(ReadOnlySpan<byte> path)
    {
        var escaped = new List<byte>(path.Length + 8);
        foreach (var one in path)
        {
            if (one == '\n')
            {
                escaped.AddRange("\\012"u8.ToArray());
            }
            else
            {
                escaped.Add(one);
            }
        }

        return [.. escaped];
    }

    // struct procmap_query of linux/fs.h, which headers older than Linux 6.11 lack.
    private struct Query
    {
        public ulong Size;
        public ulong Flags;
        public ulong Address;
        public ulong Start;
        public ulong End;
        public ulong Access;
        public ulong PageSize;
        public ulong Offset;
        public ulong Inode;
        public uint Major;
        public uint Minor;
        public uint NameSize;
        public uint BuildIdSize;
        public ulong NameAddress;
        public ulong BuildIdAddress;
    }
}
